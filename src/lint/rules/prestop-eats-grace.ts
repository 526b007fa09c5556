// preStop leaves the program hardly any of the grace.
import { PERSIST_RESERVE_DEFAULT_MS, platformBudget, RELEASE_RESERVE_DEFAULT_MS } from '../../lifecycle/core/budget.ts';
import { seconds } from '../source/durations.ts';
import { defineRule } from '../rule.ts';
import { deployment } from './examples.ts';

/** What an ending keeps for saving and closing alone. */
const LEAST_MS = PERSIST_RESERVE_DEFAULT_MS + RELEASE_RESERVE_DEFAULT_MS;

export const rule = defineRule({
  id: 'prestop-eats-grace',
  severity: 'error',
  title: 'preStop leaves the program hardly any of the grace',
  why: 'The grace begins before preStop runs, not after it. A sleep of 30 s in a grace of 30 s means that the program gets its SIGTERM and is killed two seconds later.',
  source: 'https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/#hook-handler-execution',
  bad: deployment({ container: 'lifecycle: { preStop: { exec: { command: [sh, -c, sleep 30] } } }' }),
  good: deployment({
    pod: 'terminationGracePeriodSeconds: 60',
    container: 'lifecycle: { preStop: { exec: { command: [sh, -c, sleep 15] } } }',
  }),
  check({ cluster }, report) {
    for (const { pod } of cluster.workloads) {
      const { graceMs } = pod;
      if (graceMs === null) continue;
      for (const { program, preStop } of [...pod.containers, ...pod.sidecars]) {
        if (!preStop || preStop.sleepMs < graceMs / 2 || preStop.sleepMs === 0) continue;
        const leftMs = platformBudget({ kind: 'kubernetes', graceMs, preStopMs: preStop.sleepMs }).platformMs!;
        if (leftMs >= LEAST_MS) continue;
        const rest = leftMs <= 0 ? 'nothing is left' : `${seconds(leftMs)} are left`;
        report({
          at: preStop.tree.keySpan,
          what: `preStop of ${program.label} waits ${seconds(preStop.sleepMs)} of a grace of ${seconds(graceMs)}${pod.graceTree.exists ? '' : ' (the default)'}: ${rest} for the program itself.`,
          todo: `Set terminationGracePeriodSeconds to preStop plus what the program needs, for example ${Math.ceil(preStop.sleepMs / 1_000) + 30}.`,
        });
      }
    }
  },
});
