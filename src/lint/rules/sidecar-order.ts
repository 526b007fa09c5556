// A proxy beside the program may end before it.
import { optionValue } from '../subjects/launch.ts';
import { defineRule } from '../rule.ts';
import type { Container, Workload } from '../subjects/cluster.ts';
import { deployment } from './examples.ts';

/** Images that the program beside them needs until its last request. */
const PROXIES =
  /(?:^|\/)(?:cloud-sql-proxy|cloudsql-proxy|gce-proxy|cloud-sql-connectors\/cloud-sql-proxy|proxyv2|envoy|envoy-distroless|linkerd-proxy|linkerd2-proxy|consul-dataplane|daprd|cloudsql-docker\/gce-proxy|alloydb-auth-proxy|pgbouncer|oauth2-proxy|aws-sigv4-proxy|tailscale)(?:[:@/]|$)/;
const WAITS =
  /max-sigterm-delay|term[-_]timeout|drain[-_]time|EXIT_ON_ZERO_ACTIVE_CONNECTIONS|terminationDrainDuration|TERMINATION_DRAIN_DURATION|graceful-shutdown-seconds|quitquitquit/;

export const rule = defineRule({
  id: 'sidecar-order',
  severity: 'warning',
  title: 'A proxy beside the program may end before it',
  why: 'All containers of a pod get SIGTERM at the same moment. A proxy that ends at once takes away the database or the network from a program that is still finishing its requests; in a Job it never ends, and so neither does the Job. A native sidecar (an init container with restartPolicy: Always) starts before and ends after the program.',
  source: 'https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/',
  bad: {
    'web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: registry.example/web:1
        - name: proxy
          image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.15.0
`,
  },
  good: deployment({
    pod: `initContainers:
  - name: proxy
    image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.15.0
    restartPolicy: Always`,
  }),
  check({ cluster }, report) {
    for (const workload of cluster.workloads) {
      if (workload.role === 'managed' || workload.partial) continue;
      const { containers } = workload.pod;
      if (containers.length < 2) continue;
      for (const container of containers) {
        if (!PROXIES.test(container.program.image ?? '') || waits(container, workload)) continue;
        const consequence =
          workload.role === 'job'
            ? 'goes on after the work is done, so the Job never completes'
            : 'gets SIGTERM together with the program that needs it';
        report({
          at: container.span,
          what: `${container.program.label} is an ordinary container and ${consequence}.`,
          todo: 'Move it to initContainers with `restartPolicy: Always` (native sidecars, stable since Kubernetes 1.33), or give it a preStop hook that outlasts the program.',
        });
      }
    }
  },
});

function waits({ tree, preStop, program }: Container, { pod }: Workload): boolean {
  if (preStop) return true;
  const words = [...tree.get('args').each(), ...tree.get('command').each()].map((word) => word.raw ?? '');
  if (words.some((word) => WAITS.test(word)) || optionValue(words, '--drain-time-s') !== undefined) return true;
  const annotations = pod.annotations.entries().map(({ value }) => value.raw ?? '');
  return [...program.environment.keys(), ...annotations].some((text) => WAITS.test(text));
}
