// A server behind a Service has no readiness probe.
import { defineRule } from '../rule.ts';
import { type Container, servicesOf, type Workload } from '../subjects/cluster.ts';
import type { Tree } from '../tree/tree.ts';
import { deployment, SERVICE } from './examples.ts';

export const rule = defineRule({
  id: 'no-readiness',
  severity: 'warning',
  title: 'A server behind a Service has no readiness probe',
  why: 'Without a readiness probe a pod counts as ready from the start of its process to its end: requests reach it before it can answer, a roll-out goes on before the new pod works, and there is nothing that a drain could turn off.',
  source: 'https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes',
  bad: deployment({
    container: `ports: [{ containerPort: 8080 }]
lifecycle: { preStop: { sleep: { seconds: 5 } } }`,
    more: SERVICE,
  }),
  good: deployment({
    container: `ports: [{ containerPort: 8080 }]
readinessProbe: { httpGet: { path: /readyz, port: 8080 } }
lifecycle: { preStop: { sleep: { seconds: 5 } } }`,
    more: SERVICE,
  }),
  check({ cluster }, report) {
    for (const workload of cluster.workloads) {
      if (workload.role !== 'server' || workload.partial || workload.kind === 'Pod' || workload.kind === 'DaemonSet')
        continue;
      const { pod } = workload;
      // Readiness gates, or a probe of another container, keep the pod unready just as well.
      if (
        pod.spec.get('readinessGates').exists ||
        [...pod.containers, ...pod.sidecars].some(({ tree }) => tree.get('readinessProbe').exists)
      )
        continue;
      const target = servingContainer(
        workload,
        servicesOf(workload, cluster).flatMap(({ tree }) => tree.get('spec', 'ports').items()),
      );
      if (!target) continue;
      report({
        at: target.span,
        what: `${target.program.label} is behind a Service and has no readinessProbe.`,
        todo: 'Add a readinessProbe that answers 503 until the program can serve, and again from the moment it is asked to end.',
      });
    }
  },
});

/** The container that a port of a Service leads to; the first with ports where that cannot be told. */
function servingContainer({ pod }: Workload, ports: readonly Tree[]): Container | undefined {
  if (ports.length === 0) return undefined;
  const targets = ports.map((port) => (port.get('targetPort').exists ? port.get('targetPort') : port.get('port')).raw);
  const opens = ({ tree }: Container) =>
    tree
      .get('ports')
      .items()
      .some((port) => targets.includes(port.get('containerPort').raw) || targets.includes(port.get('name').raw));
  return pod.containers.find(opens) ?? (pod.containers.length === 1 ? pod.containers[0] : undefined);
}
