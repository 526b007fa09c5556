// What is seen of resources: a later look at a quarantined one, an operator's word, somebody else's processes on a GPU.
import type { Now } from './jobs.ts';
import { checkLater, free, treeOf } from './resources.ts';
import { closeIfFree } from './runs.ts';
import type { SchedulerState } from './state.ts';

export function takeCheck(state: SchedulerState, id: string, evidence: string | null, byHand: boolean, now: Now): void {
  const resource = state.resources.get(id);
  if (!resource || resource.state !== 'quarantined') return;
  const run = resource.run === null ? undefined : state.runs.get(resource.run);
  // While its processes may be there, whatever the run held may be taken again by them.
  const tree = run && resource.kind !== 'tree' ? state.resources.get(treeOf(run)) : undefined;
  const why = evidence ?? (tree && !byHand ? (tree.evidence ?? 'its processes may still be there') : null);
  if (why !== null) return checkLater(state, resource, why, now);
  free(state, resource, now);
  if (!run) return;
  if (resource.kind === 'tree') state.releaseCounted(run);
  closeIfFree(state, run);
}

export function takeForeign(state: SchedulerState, seen: Readonly<Record<string, string>>, now: Now): void {
  for (const id of state.gpus.keys()) {
    const resource = state.resources.get(id)!;
    const who = Object.hasOwn(seen, id) ? seen[id]! : null;
    if (resource.state === 'foreign' && who === null) free(state, resource, now);
    if ((resource.state !== 'free' && resource.state !== 'foreign') || who === null) continue;
    if (resource.state === 'free') state.tell({ event: 'gpu_foreign', resource: id, who, wallMs: now.wallMs });
    if (resource.evidence !== who) state.setResource({ ...resource, state: 'foreign', evidence: who });
  }
}
