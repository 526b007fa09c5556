// GPUs, ports and process trees through their states: free → reserved → used → releasing → free, or quarantined until a
// later look proves them free. A resource is free again only with proof, or by an operator's word (invariant 5).
import type { Now } from './jobs.ts';
import type { SchedulerState } from './state.ts';
import type { Resource, ResourceState, Run } from './types.ts';

const CHECK_MS_MAX = 60_000;
const CHECK_MS_FIRST = 1_000;

export function treeOf(run: Run): string {
  return `tree:${run.id}`;
}

/** Ids of GPUs and ports of a run. */
export function holdingsOf(run: Run): readonly string[] {
  return run.members.flatMap(({ gpus, ports }) => [...gpus, ...Object.values(ports).map(portId)]);
}

export function portId(port: number): string {
  return `port:${port}`;
}

export function hold(state: SchedulerState, run: Run, to: ResourceState): void {
  for (const id of holdingsOf(run)) {
    const kind = id.startsWith('port:') ? 'port' : 'gpu';
    const { checks, checkAtMs, evidence } = state.resources.get(id) ?? { checks: 0, checkAtMs: null, evidence: null };
    state.setResource({ id, kind, state: to, run: run.id, checks, checkAtMs, evidence });
  }
}

/** Frees what was proven, and puts the rest aside with the evidence. */
export function settle(state: SchedulerState, run: Run, unproven: Readonly<Record<string, string>>, now: Now): void {
  for (const id of [treeOf(run), ...holdingsOf(run)]) {
    const resource = state.resources.get(id);
    if (Object.hasOwn(unproven, id)) quarantine(state, run, id, unproven[id]!, now);
    else if (resource?.run === run.id) free(state, resource, now);
  }
}

export function free(state: SchedulerState, resource: Resource, now: Now): void {
  const was = resource.state;
  state.freeResource(resource);
  if (was === 'quarantined') state.tell({ event: 'resource_freed', resource: resource.id, wallMs: now.wallMs });
}

/** Looked at again at 1, 2, 4 … 60 s. */
export function checkLater(state: SchedulerState, resource: Resource, evidence: string, now: Now): void {
  const delayMs = Math.min(CHECK_MS_MAX, CHECK_MS_FIRST * 2 ** resource.checks);
  const checkAtMs = now.atMs + delayMs;
  state.setResource({ ...resource, evidence, checks: resource.checks + 1, checkAtMs });
  state.timers.arm({ atMs: checkAtMs, kind: 'resource', id: resource.id });
}

function quarantine(state: SchedulerState, run: Run, id: string, evidence: string, now: Now): void {
  const kind = id.startsWith('port:') ? 'port' : id.startsWith('tree:') ? 'tree' : 'gpu';
  checkLater(
    state,
    { id, kind, state: 'quarantined', run: run.id, evidence, checks: 0, checkAtMs: null },
    evidence,
    now,
  );
  state.tell({ event: 'resource_quarantined', resource: id, run: run.id, job: run.job, evidence, wallMs: now.wallMs });
}

/** The lowest free ports of the range, one a name. */
export function takePorts(
  state: SchedulerState,
  names: readonly string[],
  taken: Set<number>,
): Readonly<Record<string, number>> {
  const ports: Record<string, number> = {};
  const [first, last] = state.pool.ports ?? [1, 0];
  let port = first;
  for (const name of names) {
    while (port <= last && (taken.has(port) || state.resources.has(portId(port)))) port += 1;
    ports[name] = port;
    taken.add(port);
  }
  return ports;
}
