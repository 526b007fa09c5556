// What a drill reads of Kubernetes objects, and what follows from them. Pure.

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly state?: { readonly terminated?: { readonly exitCode: number; readonly signal?: number } };
    }[];
  };
}

export interface Workload {
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template?: { readonly spec?: { readonly terminationGracePeriodSeconds?: number } };
  };
}

export interface EndpointSlice {
  readonly endpoints?: readonly {
    readonly conditions?: { readonly ready?: boolean };
    readonly targetRef?: { readonly kind?: string; readonly uid?: string };
  }[];
}

/** Kinds that keep pods alive, as they are written in `--k8s KIND/NAME`. */
const KINDS: Readonly<Record<string, string>> = {
  deploy: 'deployments',
  deployment: 'deployments',
  statefulset: 'statefulsets',
  sts: 'statefulsets',
};

/** `deploy/NAME` as the path of its object within a namespace; null for what is no such thing. */
export function workloadPath(given: string): string | null {
  const [, kind = '', name = ''] = /^([a-z]+)\/([a-z0-9]([a-z0-9.-]*[a-z0-9])?)$/.exec(given) ?? [];
  const plural = KINDS[kind];
  return plural === undefined ? null : `${plural}/${name}`;
}

export function selectorOf(workload: Workload): string {
  return Object.entries(workload.spec?.selector?.matchLabels ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

export function isReadyPod(pod: Pod): boolean {
  const ready = pod.status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True') ?? false;
  return ready && pod.metadata.deletionTimestamp === undefined;
}

/** Whether routers send to the pod; null if no Service selects it. */
export function isEndpointReady(slices: readonly EndpointSlice[], uid: string): boolean | null {
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? []).filter((it) => it.targetRef?.uid === uid);
  if (endpoints.length === 0) return null;
  // Unset is ready (EndpointConditions).
  return endpoints.some((it) => it.conditions?.ready !== false);
}

/** The worst exit code of its containers once all have ended; null before. */
export function exitCodeOfPod(pod: Pod): number | null {
  const states = pod.status?.containerStatuses ?? [];
  const codes = states.map((it) => it.state?.terminated?.exitCode);
  return states.length === 0 || codes.includes(undefined) ? null : Math.max(...codes.map((code) => code ?? 0));
}
