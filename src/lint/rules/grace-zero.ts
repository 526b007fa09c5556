// The grace is zero or next to it, so nothing can end in order.
import { defineRule } from '../rule.ts';
import { deployment } from './examples.ts';

export const rule = defineRule({
  id: 'grace-zero',
  severity: 'error',
  title: 'The grace is zero or next to it, so nothing can end in order',
  why: 'A grace of 0 deletes the pod at once and by force, before anybody knows that its processes are gone; two pods of a StatefulSet may then write to one volume. A second or two is less than the margin that any platform needs.',
  source: 'https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination-forced',
  bad: deployment({ pod: 'terminationGracePeriodSeconds: 0' }),
  good: deployment({ pod: 'terminationGracePeriodSeconds: 30' }),
  check({ programs }, report) {
    for (const { grace, label, role, launch, platform } of programs) {
      if (!grace?.span || grace.ms === null || grace.ms > 2_000 || platform === 'systemd') continue;
      const isToy = launch && ['sleep', 'tail', 'pause'].includes(launch.program);
      if (role === 'job' || isToy) continue;
      report({
        at: grace.span,
        what: `${grace.setting} of ${label} is ${grace.ms / 1_000} s.`,
        todo: 'Give it the time that its longest request and its saving need; 30 s is the default of Kubernetes.',
      });
    }
  },
});
