// The liveness probe ends the drain.
import { seconds } from '../source/durations.ts';
import { defineRule } from '../rule.ts';
import { deployment } from './examples.ts';

/** Paths that say by their name that they answer 503 while a program is not ready. */
const READINESS_PATH = /\/(?:-\/)?(?:readyz?|readiness|is-?ready|isready|readyness)(?:\/|$|\?)/i;

export const rule = defineRule({
  id: 'liveness-kills-drain',
  severity: 'error',
  title: 'The liveness probe ends the drain',
  why: 'A liveness probe on a readiness path fails from the first moment of a drain that is not the end of the pod, and the container is killed. A grace of its own in the probe, shorter than that of the pod, cuts the ending whenever the probe is what asked for it.',
  source:
    'https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#probe-level-terminationgraceperiodseconds',
  bad: deployment({ container: 'livenessProbe: { httpGet: { path: /ready, port: 8080 } }' }),
  good: deployment({ container: 'livenessProbe: { httpGet: { path: /livez, port: 8080 } }' }),
  check({ cluster }, report) {
    for (const { pod } of cluster.workloads) {
      for (const { program, tree } of [...pod.containers, ...pod.sidecars]) {
        const probe = tree.get('livenessProbe');
        const path = probe.get('httpGet', 'path');
        if (READINESS_PATH.test(path.text() ?? '')) {
          report({
            at: path.span,
            what: `The liveness probe of ${program.label} asks ${path.text()}, which is the answer to another question: it says no while the program drains.`,
            todo: 'Ask a path that says only whether the process can work, such as /livez.',
          });
        }
        const own = probe.get('terminationGracePeriodSeconds');
        const ownMs = (own.number() ?? Infinity) * 1_000;
        if (pod.graceMs !== null && ownMs < pod.graceMs && ownMs < 30_000 && pod.graceTree.exists) {
          report({
            at: own.span,
            what: `A failed liveness probe gives ${program.label} ${seconds(ownMs)}, and the pod has ${seconds(pod.graceMs)} for its ending.`,
            todo: "Leave the probe's own terminationGracePeriodSeconds out, or make it as long as the drain needs.",
          });
        }
      }
    }
  },
});
