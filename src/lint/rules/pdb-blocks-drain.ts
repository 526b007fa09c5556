// The disruption budget allows no eviction at all.
import { defineRule } from '../rule.ts';
import { type Cluster, type Resource, sameNamespace, selects } from '../subjects/cluster.ts';
import { deployment } from './examples.ts';

const budget = (line: string) => `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web }
spec:
  ${line}
  selector: { matchLabels: { app: web } }`;

export const rule = defineRule({
  id: 'pdb-blocks-drain',
  severity: 'error',
  title: 'The disruption budget allows no eviction at all',
  why: 'With no disruption allowed, the eviction of a pod is refused for ever: node drains and cluster upgrades hang until somebody deletes the pod by force, and then nothing of it ends in order.',
  source:
    'https://kubernetes.io/docs/tasks/run-application/configure-pdb/#think-about-how-your-application-reacts-to-disruptions',
  bad: deployment({ spec: 'replicas: 2', more: budget('minAvailable: 2') }),
  good: deployment({ spec: 'replicas: 3', more: budget('minAvailable: 2') }),
  check({ cluster }, report) {
    for (const resource of cluster.resources) {
      if (resource.kind !== 'PodDisruptionBudget') continue;
      const max = resource.tree.get('spec', 'maxUnavailable');
      const min = resource.tree.get('spec', 'minAvailable');
      const todo = 'Allow one pod to be away: maxUnavailable: 1, with more replicas than must be available.';
      if (max.text() === '0' || max.text() === '0%') {
        report({
          at: max.span,
          what: `${resource.name || 'This budget'} allows no pod to be unavailable, so no node that has one can be drained.`,
          todo,
        });
      } else if (min.text() === '100%') {
        report({
          at: min.span,
          what: `${resource.name || 'This budget'} wants all pods available, so no node that has one can be drained.`,
          todo,
        });
      } else {
        const replicas = replicasOf(resource, cluster);
        const number = min.number();
        if (number === undefined || replicas === undefined || number < replicas || number === 0) continue;
        report({
          at: min.span,
          what: `${resource.name || 'This budget'} wants ${number} available, and there ${replicas === 1 ? 'is' : 'are'} ${replicas}: none can be evicted.`,
          todo,
        });
      }
    }
  },
});

/** How many pods the budget is about, if that is written; an autoscaler may make more of them. */
function replicasOf(budget: Resource, cluster: Cluster): number | undefined {
  const selector = budget.tree.get('spec', 'selector', 'matchLabels');
  const picked = cluster.workloads.filter(
    (workload) => sameNamespace(workload, budget) && workload.role === 'server' && selects(selector, workload.pod),
  );
  if (picked.length !== 1) return undefined;
  const [workload] = picked;
  const { kind, name, partial } = workload!;
  const replicas = workload!.tree.get('spec', 'replicas');
  if (partial || !['Deployment', 'StatefulSet', 'ReplicaSet', 'Rollout'].includes(kind)) return undefined;
  const scaler = cluster.resources.find(
    ({ kind: it, tree }) =>
      /^(?:HorizontalPodAutoscaler|ScaledObject)$/.test(it) &&
      tree.get('spec', 'scaleTargetRef', 'name').text() === name,
  );
  if (scaler) {
    const least = scaler.tree.get('spec', scaler.kind === 'ScaledObject' ? 'minReplicaCount' : 'minReplicas');
    return least.number();
  }
  return replicas.exists ? replicas.number() : 1;
}
