// Kubernetes documents → workloads and resources. Kinds that hold a pod are told by where the pod stands; everything else
// is kept as it is for the rules that ask for it. Unknown kinds mean nothing here.
import type { Pod, Resource, Role, Workload } from '../subjects/cluster.ts';
import type { Tree } from '../tree/tree.ts';
import type { Reading } from './reading.ts';
import { readPod } from './pod.ts';
import { shown } from '../tree/template.ts';

/** Kind → where its pod templates are, and what becomes of the pod. */
const TEMPLATES: Readonly<Record<string, { readonly path: readonly string[]; readonly role: Role }>> = {
  Deployment: { path: ['spec', 'template'], role: 'server' },
  DeploymentConfig: { path: ['spec', 'template'], role: 'server' },
  StatefulSet: { path: ['spec', 'template'], role: 'server' },
  DaemonSet: { path: ['spec', 'template'], role: 'server' },
  ReplicaSet: { path: ['spec', 'template'], role: 'server' },
  ReplicationController: { path: ['spec', 'template'], role: 'server' },
  Rollout: { path: ['spec', 'template'], role: 'server' },
  CloneSet: { path: ['spec', 'template'], role: 'server' },
  Job: { path: ['spec', 'template'], role: 'job' },
  CronJob: { path: ['spec', 'jobTemplate', 'spec', 'template'], role: 'job' },
  Pod: { path: [], role: 'server' },
};
/** Paths below `spec` of a Ray cluster and of what holds one. */
const RAY: Readonly<Record<string, readonly string[]>> = {
  RayCluster: ['spec'],
  RayService: ['spec', 'rayClusterConfig'],
  RayJob: ['spec', 'rayClusterSpec'],
};
const COMPONENTS = ['predictor', 'transformer', 'explainer'];
const LIST_DEPTH_MAX = 3;

export interface Mutable {
  readonly workloads: Workload[];
  readonly resources: Resource[];
}

export function isKubernetes(root: Tree): boolean {
  return root.get('apiVersion').exists && root.get('kind').exists;
}

/** Adds what a document holds to the cluster. */
export function readObject(root: Tree, reading: Reading, into: Mutable, depth = 0): void {
  const kind = root.get('kind').text() ?? '';
  if (kind === 'List' || (kind.endsWith('List') && root.get('items').kind === 'list')) {
    if (depth < LIST_DEPTH_MAX)
      for (const item of root.get('items').items()) readObject(item, reading, into, depth + 1);
    return;
  }
  if (!isKubernetes(root)) return;
  for (const { tree, role, component } of templatesOf(root, kind)) {
    const workload = workloadOf(root, kind, tree, role, component, reading);
    if (workload) into.workloads.push(workload);
  }
  const name = root.get('metadata', 'name').raw ?? '';
  into.resources.push({
    kind,
    name,
    namespace: namespaceOf(root),
    tree: root,
    span: spanOf(root),
    partial: reading.partial,
  });
}

interface Template {
  readonly tree: Tree;
  readonly role: Role;
  readonly component?: string;
}

function templatesOf(root: Tree, kind: string): Template[] {
  const apiVersion = root.get('apiVersion').text() ?? '';
  if (kind === 'Service' || kind === 'Configuration') {
    const isKnative = apiVersion.startsWith('serving.knative.dev/');
    return isKnative ? [{ tree: root.get('spec', 'template'), role: 'managed' }] : [];
  }
  if (kind === 'InferenceService') {
    return COMPONENTS.filter((name) => root.get('spec', name).exists).map((name) => {
      return { tree: root.get('spec', name), role: 'managed', component: name };
    });
  }
  const ray = RAY[kind];
  if (ray) {
    const groups = root.get(...ray, 'workerGroupSpecs').items();
    const head = root.get(...ray, 'headGroupSpec', 'template');
    return [head, ...groups.map((group) => group.get('template'))].map((tree) => ({ tree, role: 'managed' }));
  }
  const known = TEMPLATES[kind];
  if (!known || (kind === 'Job' && !apiVersion.startsWith('batch/'))) return [];
  return [{ tree: root.get(...known.path), role: known.role }];
}

function workloadOf(
  root: Tree,
  kind: string,
  template: Tree,
  role: Role,
  component: string | undefined,
  reading: Reading,
): Workload | undefined {
  if (!template.exists) return undefined;
  // The components of an InferenceService are pod specs themselves.
  const spec = component === undefined ? template.get('spec') : template;
  if (spec.get('containers').kind !== 'list' && component === undefined) return undefined;
  const name = root.get('metadata', 'name').raw ?? root.get('metadata', 'generateName').raw ?? '';
  const label = shown(`${kind} ${name}${component === undefined ? '' : ` (${component})`}`.trim());
  // A patch names containers without saying what they are: the rest is in the file that it is laid over.
  const isPatch =
    component === undefined &&
    spec
      .get('containers')
      .items()
      .some((container) => !container.get('image').exists);
  const partial = reading.partial || isPatch;
  const isOwned = kind === 'Pod' && /^(?:Never|OnFailure)$/.test(spec.get('restartPolicy').raw ?? '');
  const actual: Role = isOwned ? 'job' : role;
  const pod: Pod = readPod({
    template,
    spec,
    label,
    role: actual,
    graceFor: graceFor(kind, spec),
    reading: { ...reading, partial },
  });
  return {
    kind,
    name,
    namespace: namespaceOf(root),
    role: actual,
    tree: root,
    span: spanOf(root),
    pod,
    partial,
    isPatch,
    replicas: root.get('spec', 'replicas').number(),
    label,
  };
}

/** Knative waits as long as a request may take; it ignores the pod's own setting (its admission refuses it). */
function graceFor(
  kind: string,
  spec: Tree,
): { readonly setting: string; readonly defaultMs: number; readonly tree: Tree } {
  if (kind === 'Service' || kind === 'Configuration') {
    return { setting: 'timeoutSeconds', defaultMs: 300_000, tree: spec.get('timeoutSeconds') };
  }
  const tree = spec.get('terminationGracePeriodSeconds');
  return { setting: 'terminationGracePeriodSeconds', defaultMs: 30_000, tree };
}

function namespaceOf(root: Tree): string {
  return root.get('metadata', 'namespace').text() ?? '';
}

/** Findings about a whole object stand at its name. */
function spanOf(root: Tree) {
  const name = root.get('metadata', 'name');
  return name.exists ? name.span : root.get('kind').span;
}
