// Kubernetes objects as far as endings depend on them: workloads with their pods, and what selects or scales them.
import type { Span } from '../source/source.ts';
import type { Tree } from '../tree/tree.ts';
import type { Program } from './program.ts';

/** Server: goes on until it is stopped. Job: ends by itself. Managed: an operator adds probes and hooks of its own. */
export type Role = 'server' | 'job' | 'managed';

export interface Container {
  readonly name: string;
  readonly tree: Tree;
  readonly span: Span;
  readonly program: Program;
  /** An init container with `restartPolicy: Always`. */
  readonly isNativeSidecar: boolean;
  readonly preStop: PreStop | undefined;
}

export interface PreStop {
  readonly tree: Tree;
  readonly kind: 'sleep' | 'exec' | 'http' | 'other';
  /** Words of an exec hook. */
  readonly words: readonly string[];
  /** How long it waits at least; 0 if that cannot be told. */
  readonly sleepMs: number;
}

export interface Pod {
  readonly spec: Tree;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: Tree;
  readonly graceMs: number | null;
  readonly graceTree: Tree;
  /** Containers that run beside each other until the end, native sidecars left out. */
  readonly containers: readonly Container[];
  readonly sidecars: readonly Container[];
}

export interface Workload {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly role: Role;
  readonly tree: Tree;
  readonly span: Span;
  readonly pod: Pod;
  readonly partial: boolean;
  /** It only changes a workload that is written elsewhere: a patch of kustomize. */
  readonly isPatch: boolean;
  readonly replicas: number | undefined;
  /** The name of its kind and its own, for messages: `Deployment shop`. */
  readonly label: string;
}

/** Any other object that a rule may ask for: Service, PodDisruptionBudget, HorizontalPodAutoscaler, Ingress, … */
export interface Resource {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly tree: Tree;
  readonly span: Span;
  readonly partial: boolean;
}

export interface Cluster {
  readonly workloads: readonly Workload[];
  readonly resources: readonly Resource[];
}

/** Whether a selector of labels picks a pod; an empty or templated one picks none that we could name. */
export function selects(selector: Tree, pod: Pod): boolean {
  const wanted = selector.entries();
  return (
    wanted.length > 0 &&
    wanted.every(({ key, value }) => value.text() !== undefined && pod.labels.get(key) === value.text())
  );
}

export function sameNamespace(a: { namespace: string }, b: { namespace: string }): boolean {
  return a.namespace === b.namespace || a.namespace === '' || b.namespace === '';
}

/** Services with an address of their own that send requests to the pod. */
export function servicesOf(workload: Workload, cluster: Cluster): readonly Resource[] {
  const index = serviceIndex(cluster);
  const near = [...workload.pod.labels].flatMap(([key, value]) => index.get(`${key}=${value}`) ?? []);
  return near.filter(
    (service) => sameNamespace(service, workload) && selects(service.tree.get('spec', 'selector'), workload.pod),
  );
}

const INDEXES = new WeakMap<Cluster, ReadonlyMap<string, readonly Resource[]>>();

/** Services by the first label that they select: every pod asks, and there may be thousands of both. */
function serviceIndex(cluster: Cluster): ReadonlyMap<string, readonly Resource[]> {
  const known = INDEXES.get(cluster);
  if (known) return known;
  const index = new Map<string, Resource[]>();
  for (const resource of cluster.resources) {
    if (resource.kind !== 'Service' || resource.tree.get('spec', 'clusterIP').raw === 'None') continue;
    const [first] = resource.tree.get('spec', 'selector').entries();
    const value = first?.value.text();
    if (!first || value === undefined) continue;
    const key = `${first.key}=${value}`;
    const others = index.get(key);
    if (others) others.push(resource);
    else index.set(key, [resource]);
  }
  INDEXES.set(cluster, index);
  return index;
}
