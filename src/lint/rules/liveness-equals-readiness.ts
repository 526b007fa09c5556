// Liveness and readiness ask the same question.
import { defineRule } from '../rule.ts';
import { deployment } from './examples.ts';
import { questionOf } from './probes.ts';

export const rule = defineRule({
  id: 'liveness-equals-readiness',
  severity: 'warning',
  title: 'Liveness and readiness ask the same question',
  why: 'Readiness turns to 503 while a program drains, waits for a dependency or is overloaded; that is its purpose. If liveness asks the same, the program is killed just then, with the work that it had.',
  source: 'https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/',
  bad: deployment({
    container: `livenessProbe: { httpGet: { path: /health, port: 8080 } }
readinessProbe: { httpGet: { path: /health, port: 8080 } }`,
  }),
  good: deployment({
    container: `livenessProbe: { httpGet: { path: /livez, port: 8080 } }
readinessProbe: { httpGet: { path: /readyz, port: 8080 } }`,
  }),
  check({ cluster }, report) {
    for (const { pod } of cluster.workloads) {
      for (const { program, tree } of [...pod.containers, ...pod.sidecars]) {
        const liveness = tree.get('livenessProbe');
        const readiness = tree.get('readinessProbe');
        const question = questionOf(liveness);
        if (question === undefined || question !== questionOf(readiness)) continue;
        report({
          at: liveness.keySpan,
          what: `${program.label} asks the same for liveness and readiness (${question.slice(0, 80)}).`,
          todo: 'Give liveness an answer of its own that stays 200 while the program drains, such as /livez.',
          related: [{ at: readiness.keySpan, what: 'the readiness probe' }],
        });
      }
    }
  },
});
