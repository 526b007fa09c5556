// Scaling ends pods more often than the load asks for.
import { defineRule } from '../rule.ts';
import { type Cluster, type Resource, sameNamespace, type Workload } from '../subjects/cluster.ts';
import { deployment } from './examples.ts';

/** Below this, a dip between two scrapes of the metrics is enough to end pods. Kubernetes waits 300 s by itself. */
const WINDOW_SECONDS_MIN = 60;

const scaler = (more: string) => `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  minReplicas: 2
  maxReplicas: 10
${more}`;

export const rule = defineRule({
  id: 'hpa-flap',
  severity: 'warning',
  title: 'Scaling ends pods more often than the load asks for',
  why: 'Every scale-down is an ending. Without a stabilization window each dip of the metric ends pods that are started again a minute later. And a manifest with `replicas` sets the count back at every apply, whatever the autoscaler had made of it.',
  source: 'https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#stabilization-window',
  bad: deployment({ more: scaler('  behavior: { scaleDown: { stabilizationWindowSeconds: 0 } }') }),
  good: deployment({ more: scaler('  behavior: { scaleDown: { stabilizationWindowSeconds: 300 } }') }),
  check({ cluster }, report) {
    for (const resource of cluster.resources) {
      const isKeda = resource.kind === 'ScaledObject';
      if (resource.kind !== 'HorizontalPodAutoscaler' && !isKeda) continue;
      const behavior = isKeda
        ? resource.tree.get('spec', 'advanced', 'horizontalPodAutoscalerConfig', 'behavior')
        : resource.tree.get('spec', 'behavior');
      const window = behavior.get('scaleDown', 'stabilizationWindowSeconds');
      const seconds = window.number();
      const isOff = behavior.get('scaleDown', 'selectPolicy').text() === 'Disabled';
      if (seconds !== undefined && seconds < WINDOW_SECONDS_MIN && !isOff) {
        report({
          at: window.span,
          what: `${resource.kind} ${resource.name} ends pods after ${seconds} s of lower load.`,
          todo: 'Set stabilizationWindowSeconds to 300 (the default), or at least to what starting and draining a pod takes.',
        });
      }
      const target = targetOf(resource, cluster);
      const replicas = target?.tree.get('spec', 'replicas');
      if (target && !target.partial && replicas?.number() !== undefined && replicas.number() !== 0) {
        report({
          at: replicas.keySpan,
          what: `${target.label} is scaled by ${resource.kind} ${resource.name} and sets replicas itself: every apply ends, or starts, pods against the autoscaler.`,
          todo: 'Leave `replicas` out of the manifest; the autoscaler has minReplicas.',
          related: [{ at: resource.span, what: 'the autoscaler' }],
        });
      }
    }
  },
});

function targetOf(resource: Resource, cluster: Cluster): Workload | undefined {
  const ref = resource.tree.get('spec', 'scaleTargetRef');
  const kind = ref.get('kind').text() ?? 'Deployment';
  return cluster.workloads.find(
    (it) => it.kind === kind && it.name === ref.get('name').text() && sameNamespace(it, resource),
  );
}
