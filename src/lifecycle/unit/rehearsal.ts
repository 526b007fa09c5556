// Runs through an ending once, on paper, when a unit becomes ready: so the code that a signal will need has been compiled
// and what it uses has been loaded, and a process with nothing in flight is gone some milliseconds sooner.
import { initialState, step } from '../core.ts';
import type { UnitEvent } from '../core/events.ts';
import { STAGES, type UnitConfig, type UnitState } from '../core/types.ts';
import { buildReport, type UnitIdentity } from '../report.ts';

let rehearsed = false;

/** Touches nothing of the unit. Once per process. */
export function rehearse(config: UnitConfig, identity: UnitIdentity): void {
  if (rehearsed) return;
  rehearsed = true;
  const cause = { kind: 'signal', signal: 'SIGTERM' } as const;
  const script: UnitEvent[] = [
    ...STAGES.map((stage) => hookAdded(stage)),
    { type: 'ready', atMs: 0 },
    { type: 'signal', name: cause.signal, atMs: 1 },
    ...STAGES.map((stage) => settled(stage)),
    // Whatever is still open, as in Kubernetes, where announce waits.
    { type: 'stopRequested', cause, deadlineMs: 0, mode: 'suspend', atMs: 2 },
  ];
  const end = script.reduce<UnitState>((state, event) => step(state, event).state, initialState(config, 0));
  JSON.stringify(buildReport(end, { identity, workOf: '', wallAtZeroMs: 0, parts: [] }));
  new AbortController().abort(new Error('rehearsed'));
}

function hookAdded(stage: (typeof STAGES)[number]): UnitEvent {
  const hook = { id: stage, name: stage, stage, dependsOn: [], kind: 'hook', optional: false } as const;
  return { type: 'hookAdded', hook, atMs: 0 };
}

function settled(hook: string): UnitEvent {
  return { type: 'hookSettled', hook, error: null, conditions: [], atMs: 1 };
}
