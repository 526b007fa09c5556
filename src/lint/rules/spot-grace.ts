// The grace is longer than the notice of the machine.
import { seconds } from '../source/durations.ts';
import { defineRule } from '../rule.ts';
import type { Pod } from '../subjects/cluster.ts';
import type { Tree } from '../tree/tree.ts';
import { deployment } from './examples.ts';

interface Notice {
  readonly provider: string;
  readonly ms: number;
  readonly at: Tree;
}

/** Labels and taints of nodes that may be taken away, and how long before somebody says so. */
const SPOT: readonly {
  readonly key: RegExp;
  readonly value?: RegExp;
  readonly provider: string;
  readonly ms: number;
}[] = [
  { key: /^cloud\.google\.com\/gke-(?:spot|preemptible)$/, provider: 'GKE (15 s for ordinary pods)', ms: 15_000 },
  {
    key: /^cloud\.google\.com\/gke-provisioning$/,
    value: /^spot$/i,
    provider: 'GKE (15 s for ordinary pods)',
    ms: 15_000,
  },
  { key: /^kubernetes\.azure\.com\/scalesetpriority$/, value: /^spot$/i, provider: 'Azure', ms: 30_000 },
  {
    key: /^(?:eks\.amazonaws\.com\/capacityType|karpenter\.sh\/capacity-type|node\.kubernetes\.io\/lifecycle)$/,
    value: /^(?:spot|ec2spot)$/i,
    provider: 'AWS',
    ms: 120_000,
  },
];

export const rule = defineRule({
  id: 'spot-grace',
  severity: 'warning',
  title: 'The grace is longer than the notice of the machine',
  why: 'A spot or preemptible machine is gone a fixed time after its notice, whatever the pod was promised: 120 s on AWS, 30 s on Azure, 15 s for ordinary pods on GKE. What the ending does after that is never done.',
  source: 'https://cloud.google.com/kubernetes-engine/docs/concepts/spot-vms#termination',
  bad: deployment({ pod: 'nodeSelector: { cloud.google.com/gke-spot: "true" }\nterminationGracePeriodSeconds: 60' }),
  good: deployment({ pod: 'nodeSelector: { cloud.google.com/gke-spot: "true" }\nterminationGracePeriodSeconds: 15' }),
  check({ cluster }, report) {
    for (const { pod, label, kind } of cluster.workloads) {
      if (pod.graceMs === null || kind === 'DaemonSet') continue;
      const notice = noticeOf(pod);
      if (!notice || pod.graceMs <= notice.ms) continue;
      const at = pod.graceTree.exists ? pod.graceTree : notice.at;
      report({
        at: at.span,
        what: `${label} has a grace of ${seconds(pod.graceMs)}${pod.graceTree.exists ? '' : ' (the default)'} on machines that give ${seconds(notice.ms)} notice: ${notice.provider}.`,
        todo: `Plan the ending for ${seconds(notice.ms)}: set terminationGracePeriodSeconds to ${notice.ms / 1_000}, and save state often enough.`,
        related: [{ at: notice.at.span, what: 'asks for such machines' }],
      });
    }
  },
});

/** Machines that the pod must run on; a mere toleration only allows them. */
function noticeOf({ spec }: Pod): Notice | undefined {
  const required = spec.get(
    'affinity',
    'nodeAffinity',
    'requiredDuringSchedulingIgnoredDuringExecution',
    'nodeSelectorTerms',
  );
  const selected = spec
    .get('nodeSelector')
    .entries()
    .map(({ key, value }) => ({ key, values: [value] }));
  const terms = required.items().length === 1 ? required.items()[0]!.get('matchExpressions').items() : [];
  const matched = terms
    .filter((term) => term.get('operator').text() === 'In')
    .map((term) => ({ key: term.get('key').text() ?? '', values: term.get('values').items() }));
  for (const { key, values } of [...selected, ...matched]) {
    if (values.length !== 1) continue;
    const text = values[0]!.text() ?? '';
    const known = SPOT.find((it) => it.key.test(key) && (it.value ?? /^true$/i).test(text));
    if (known) return { provider: known.provider, ms: known.ms, at: values[0]! };
  }
  return undefined;
}
