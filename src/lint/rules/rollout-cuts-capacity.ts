// A roll-out takes away all instances at once.
import { defineRule } from '../rule.ts';
import { type Cluster, sameNamespace, selects, servicesOf, type Workload } from '../subjects/cluster.ts';
import type { Tree } from '../tree/tree.ts';
import { deployment, SERVICE } from './examples.ts';

const READY = `readinessProbe: { httpGet: { path: /readyz, port: 8080 } }
lifecycle: { preStop: { sleep: { seconds: 5 } } }`;

export const rule = defineRule({
  id: 'rollout-cuts-capacity',
  severity: 'warning',
  title: 'A roll-out takes away all instances at once',
  why: 'Recreate, or maxUnavailable of everything, ends every pod before the first new one is ready: for that time nobody answers, and every drain happens at once. The same with a single replica whose disruption budget lets it be evicted.',
  source: 'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy',
  bad: deployment({ spec: 'replicas: 3\nstrategy: { type: Recreate }', container: READY, more: SERVICE }),
  good: deployment({
    spec: 'replicas: 3\nstrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }',
    container: READY,
    more: SERVICE,
  }),
  check({ cluster }, report) {
    for (const workload of cluster.workloads) {
      const { kind, tree, pod } = workload;
      if (!['Deployment', 'Rollout', 'DaemonSet', 'DeploymentConfig'].includes(kind)) continue;
      const strategy = tree.get('spec', kind === 'DaemonSet' ? 'updateStrategy' : 'strategy');
      const type = strategy.get('type');
      // A volume that only one pod can hold leaves no other way.
      const holdsVolume =
        pod.spec
          .get('volumes')
          .items()
          .some((volume) => volume.get('persistentVolumeClaim').exists || volume.get('hostPath').exists) ||
        pod.spec.get('hostNetwork').boolean() === true;
      if (type.text() === 'Recreate' && !holdsVolume && serves(workload, cluster)) {
        report({
          at: type.span,
          what: `${workload.label} serves and is rolled out by Recreate: between the old pods and the new ones nobody answers.`,
          todo: 'Use RollingUpdate with maxUnavailable: 0, unless two versions must never run at once.',
        });
      }
      const unavailable = strategy.get('rollingUpdate', 'maxUnavailable');
      if (kind !== 'DaemonSet' && takesAll(unavailable, workload.replicas)) {
        report({
          at: unavailable.span,
          what: `A roll-out of ${workload.label} may take ${unavailable.raw} of ${workload.replicas ?? 'its'} instances away at once: all of them.`,
          todo: 'Set maxUnavailable to 0 and maxSurge to 1, so that a new pod is ready before an old one ends.',
        });
      }
      reportLonePod(workload, cluster, report);
    }
  },
});

/** Somebody sends it requests: a Service in the run, or ports and a readiness probe for one elsewhere. */
function serves(workload: Workload, cluster: Cluster): boolean {
  if (servicesOf(workload, cluster).length > 0) return true;
  return workload.pod.containers.some(
    ({ tree }) => tree.get('ports').items().length > 0 && tree.get('readinessProbe').exists,
  );
}

/** Without a count in the manifest somebody else may set it. */
function takesAll(unavailable: Tree, replicas: number | undefined): boolean {
  if (unavailable.text() === '100%') return true;
  const number = unavailable.number();
  return number !== undefined && replicas !== undefined && replicas > 0 && number >= replicas;
}

/** A budget that protects nothing: the only pod may be evicted at any time. */
function reportLonePod(
  workload: Workload,
  cluster: Cluster,
  report: Parameters<ReturnType<typeof defineRule>['check']>[1],
): void {
  if (workload.replicas !== 1) return;
  for (const budget of cluster.resources) {
    if (budget.kind !== 'PodDisruptionBudget' || !sameNamespace(budget, workload)) continue;
    if (!selects(budget.tree.get('spec', 'selector', 'matchLabels'), workload.pod)) continue;
    const max = budget.tree.get('spec', 'maxUnavailable');
    const min = budget.tree.get('spec', 'minAvailable');
    const allows = (max.number() ?? 0) >= 1 || max.text() === '100%' || min.text() === '0' || min.text() === '0%';
    if (!allows) continue;
    report({
      at: workload.tree.get('spec', 'replicas').span,
      what: `${workload.label} has one replica, and its disruption budget ${budget.name} lets it be evicted: a node drain takes all of the capacity.`,
      todo: 'Run at least two replicas, so that the budget has something to keep.',
      related: [{ at: budget.span, what: 'the budget' }],
    });
  }
}
