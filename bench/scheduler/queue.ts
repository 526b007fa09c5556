// A long queue in a large pool: fifty owners, jobs of one to eight GPUs in three priorities, half of them with a time limit.
// Each decision is made after one run has given back what it had.
import { step } from '../../src/scheduler/core.ts';
import { SchedulerState } from '../../src/scheduler/core/state.ts';
import { DEFAULT_RULES } from '../../src/scheduler/core/types.ts';
import { specOf } from '../../src/scheduler/testing/script.ts';

const GPUS_A_NODE = 8;
const HOUR_MS = 3_600_000;

export interface LongQueue {
  /** Milliseconds of one decision. */
  decide(): number;
  /** Milliseconds of sorting the queue once by priority, owner and age: the least that a scheduler without an order does. */
  sort(): number;
}

export function longQueue(queued: number, gpus: number): LongQueue {
  const state = new SchedulerState({ ...DEFAULT_RULES, runsMax: gpus });
  let atMs = 0;
  let made = 0;
  const submit = () => {
    const spec = specOf({
      owner: `owner-${made % 50}`,
      request: { gpus: 1 + (made % 8) },
      priority: made % 3,
      timeoutMs: made % 2 === 0 ? null : HOUR_MS + made * 10,
      preemptible: made % 5 !== 0,
    });
    step(state, {
      type: 'submitted',
      jobs: [{ id: `job_${made++}`, spec, jitter: 0.5 }],
      ended: {},
      atMs,
      wallMs: atMs,
    });
  };
  const nodes = Array.from({ length: gpus / GPUS_A_NODE }, (_, index) => ({
    name: `node-${index}`,
    cpus: 64,
    memoryBytes: 2 ** 40,
  }));
  const all = Array.from({ length: gpus }, (_, index) => ({
    id: `gpu:${index}`,
    index: index % GPUS_A_NODE,
    node: `node-${Math.floor(index / GPUS_A_NODE)}`,
    numa: Math.floor(index / 4) % 2,
  }));
  const now = () => ({ atMs, wallMs: atMs });
  const start = () => {
    for (const effect of step(state, { type: 'place', ...now() })) {
      if (effect.type === 'spawn') step(state, { type: 'spawned', run: effect.run, member: effect.member, ...now() });
    }
  };
  step(state, { type: 'poolFound', pool: { nodes, gpus: all, ports: [20_000, 29_999] }, ...now() });
  step(state, { type: 'opened', ...now() });
  while (state.queue.size < queued) {
    submit();
    if (made === 400) start();
  }
  return {
    decide() {
      atMs += 1_000;
      const run = state.runs.values().next().value!;
      const exit = { code: 0, signal: null, reportCode: null };
      step(state, { type: 'exited', run: run.id, member: 'main.0', exit, ...now() });
      step(state, { type: 'proved', run: run.id, tree: 'proven', unproven: {}, ...now() });
      while (state.queue.size < queued) submit();
      const startedMs = performance.now();
      const effects = step(state, { type: 'place', ...now() });
      const tookMs = performance.now() - startedMs;
      for (const effect of effects) {
        if (effect.type === 'spawn') step(state, { type: 'spawned', run: effect.run, member: effect.member, ...now() });
      }
      state.takeChanges();
      return tookMs;
    },
    sort() {
      const jobs = [...state.jobs.values()].filter((job) => job.state === 'queued');
      const startedMs = performance.now();
      jobs.sort((a, b) => b.spec.priority - a.spec.priority || (a.spec.owner < b.spec.owner ? -1 : 1) || a.seq - b.seq);
      return performance.now() - startedMs;
    },
  };
}
