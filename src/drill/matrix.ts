// The standard set of scenarios: each is a change to the plan that the options made.
import type { ClientKind } from './load/types.ts';
import type { Plan } from './plan.ts';

export interface Scenario {
  readonly name: string;
  readonly plan: (plan: Plan) => Plan;
}

/** Two signals as npm and some terminals deliver one Ctrl+C. */
const DOUBLE_TAP_MS = 150;
const SECOND_MS = 1_500;
const PAUSE_MS = 1_000;

function only(kind: ClientKind): (plan: Plan) => Plan {
  return (plan) =>
    plan.load.line === null
      ? {
          ...plan,
          load: { ...plan.load, clients: new Map([[kind, 1]]) },
          words: [...plan.words, '--clients', `${kind}=1`],
        }
      : plan;
}

function ending(change: Partial<Plan['ending']>, ...words: string[]): (plan: Plan) => Plan {
  return (plan) => ({ ...plan, ending: { ...plan.ending, ...change }, words: [...plan.words, ...words] });
}

function fault(name: string, forMs: number, ...words: string[]): (plan: Plan) => Plan {
  return (plan) => ({
    ...plan,
    faults: { ...plan.faults, names: [name], forMs },
    words: [...plan.words, '--fault', name, ...words],
  });
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'term', plan: (plan) => plan },
  { name: 'ctrl-c', plan: ending({ signal: 'SIGINT', to: 'group' }, '--signal', 'INT', '--signal-to', 'group') },
  { name: 'idle', plan: ending({ when: 'idle' }, '--when', 'idle') },
  { name: 'start', plan: ending({ when: 'start' }, '--when', 'start') },
  {
    name: 'second-signal',
    plan: ending(
      { second: { signal: 'SIGTERM', afterMs: SECOND_MS } },
      '--second-signal',
      'TERM',
      '--second-after',
      `${SECOND_MS}ms`,
    ),
  },
  {
    name: 'double-tap',
    plan: ending(
      { second: { signal: 'SIGTERM', afterMs: DOUBLE_TAP_MS } },
      '--second-signal',
      'TERM',
      '--second-after',
      `${DOUBLE_TAP_MS}ms`,
    ),
  },
  { name: 'new-connections', plan: only('new') },
  { name: 'pipelined', plan: only('pipelined') },
  { name: 'slow-readers', plan: only('slow') },
  { name: 'pause', plan: fault('pause', PAUSE_MS, '--fault-for', `${PAUSE_MS}ms`) },
  { name: 'starve', plan: fault('starve', 0) },
  {
    name: 'kill-restart',
    plan: (plan) => ({ ...ending({ signal: 'SIGKILL' }, '--signal', 'KILL', '--restart')(plan), restart: true }),
  },
];
