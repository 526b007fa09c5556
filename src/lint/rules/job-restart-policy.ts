// The Job does not do the right thing with the exit code of an interrupted run.
import { defineRule } from '../rule.ts';
import { isLastcall } from '../known/sum.ts';
import { replacement } from './edits.ts';
import type { Tree } from '../tree/tree.ts';

const job = (lines: string) => ({
  'train.yaml': `apiVersion: batch/v1
kind: Job
metadata: { name: train }
spec:
${lines}
      containers:
        - name: train
          image: registry.example/train:1
          command: [lastcall, run, --, python, train.py]
`,
});

export const rule = defineRule({
  id: 'job-restart-policy',
  severity: 'warning',
  title: 'The Job does not do the right thing with the exit code of an interrupted run',
  why: 'A run that was preempted and saved its state exits 108, one that handed work back 100. Without a rule both count as failures, and a few of them use the whole backoffLimit up. Such rules (podFailurePolicy) act only with restartPolicy: Never.',
  source: 'https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy',
  bad: job('  template:\n    spec:\n      restartPolicy: OnFailure'),
  good: job(`  podFailurePolicy:
    rules:
      - action: Ignore
        onPodConditions: [{ type: DisruptionTarget }]
      - action: Ignore
        onExitCodes: { operator: In, values: [100, 108] }
  template:
    spec:
      restartPolicy: Never`),
  check({ cluster }, report) {
    for (const { kind, tree, pod, label, partial } of cluster.workloads) {
      if (kind !== 'Job' && kind !== 'CronJob') continue;
      const spec = kind === 'CronJob' ? tree.get('spec', 'jobTemplate', 'spec') : tree.get('spec');
      const restart = pod.spec.get('restartPolicy');
      const policy = spec.get('podFailurePolicy');
      if (restart.text() === 'Always' || (!restart.exists && !partial)) {
        const how = restart.exists ? 'restartPolicy: Always' : 'no restartPolicy, so Always';
        report({
          at: restart.exists ? restart.span : pod.spec.keySpan,
          what: `${label} has ${how}, and the API server refuses a Job with that.`,
          todo: 'Set restartPolicy: Never (with podFailurePolicy) or OnFailure.',
        });
      } else if (policy.exists && restart.text() === 'OnFailure') {
        report({
          at: restart.span,
          what: `${label} has a podFailurePolicy, which needs restartPolicy: Never; the API server refuses it.`,
          todo: 'Set restartPolicy: Never.',
          ...replacement(restart.span, 'OnFailure', 'Never'),
        });
      } else if (!partial && pod.containers.some(({ program }) => isLastcall(program)) && !ignores(policy)) {
        report({
          at: policy.exists ? policy.keySpan : restart.keySpan,
          what: `${label} runs under lastcall, and exit codes 100 and 108 (handed back, preempted and saved) count as failures.`,
          todo: 'Add a podFailurePolicy that ignores 100 and 108, with restartPolicy: Never.',
        });
      }
    }
  },
});

function ignores(policy: Tree): boolean {
  return policy
    .get('rules')
    .items()
    .some(
      (rule) =>
        rule.get('action').text() === 'Ignore' &&
        rule
          .get('onExitCodes', 'values')
          .items()
          .some((value) => value.text() === '108'),
    );
}
