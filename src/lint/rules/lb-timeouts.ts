// The balancer gives up a connection at another time than the server.
import { serverName, wordsOf } from '../known/servers.ts';
import { sumOf } from '../known/sum.ts';
import { seconds, secondsMs } from '../source/durations.ts';
import { defineRule } from '../rule.ts';
import { type Cluster, type Resource, sameNamespace, selects, type Workload } from '../subjects/cluster.ts';
import { optionValue } from '../subjects/launch.ts';
import { deployment } from './examples.ts';

const READY = 'readinessProbe: { httpGet: { path: /readyz, port: 8080 } }';
const service = (attributes: string) => `apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-target-group-attributes: ${attributes}
spec:
  type: LoadBalancer
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]`;

export const rule = defineRule({
  id: 'lb-timeouts',
  severity: 'warning',
  title: 'The balancer gives up a connection at another time than the server',
  why: 'A target that is deregistered keeps its connections for the deregistration delay; if that is shorter than the drain, answers are cut although the server would finish them. And a server that closes idle connections sooner than the balancer does lets the balancer send a request into a connection that is just being closed: a 502 now and then.',
  source:
    'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay',
  bad: deployment({
    pod: 'terminationGracePeriodSeconds: 60',
    container: `${READY}
command: [gunicorn, --graceful-timeout, "40", app:app]
lifecycle: { preStop: { sleep: { seconds: 10 } } }`,
    more: service('deregistration_delay.timeout_seconds=5'),
  }),
  good: deployment({
    pod: 'terminationGracePeriodSeconds: 60',
    container: `${READY}
command: [gunicorn, --graceful-timeout, "40", app:app]
lifecycle: { preStop: { sleep: { seconds: 10 } } }`,
    more: service('deregistration_delay.timeout_seconds=60'),
  }),
  check({ cluster }, report) {
    for (const resource of cluster.resources) {
      const delay = delayOf(resource);
      const idle = idleOf(resource);
      if (!delay && !idle) continue;
      for (const workload of behind(resource, cluster)) {
        for (const { program } of workload.pod.containers) {
          const wait = sumOf(program)?.wait;
          if (delay && wait?.isExplicit && delay.ms < wait.ms) {
            report({
              at: delay.span,
              what: `The balancer drops connections to ${workload.label} after ${seconds(delay.ms)}, and the server may need ${seconds(wait.ms)} to finish (${wait.what}).`,
              todo: `Set the deregistration delay to at least ${Math.ceil(wait.ms / 1_000)} s.`,
              related: [{ at: wait.at, what: wait.what }],
            });
          }
          const keepAlive = keepAliveOf(program);
          if (idle && keepAlive && keepAlive.ms <= idle.ms) {
            report({
              at: keepAlive.span,
              what: `The server closes idle connections after ${seconds(keepAlive.ms)}, and its balancer keeps them for ${seconds(idle.ms)}: requests run into closed connections.`,
              todo: `Keep connections longer than the balancer does: above ${seconds(idle.ms)}.`,
              related: [{ at: idle.span, what: "the balancer's idle time-out" }],
            });
          }
        }
      }
    }
  },
});

const ATTRIBUTES = [
  'service.beta.kubernetes.io/aws-load-balancer-target-group-attributes',
  'alb.ingress.kubernetes.io/target-group-attributes',
];

function delayOf({ kind, tree }: Resource) {
  if (kind === 'BackendConfig') {
    const value = tree.get('spec', 'connectionDraining', 'drainingTimeoutSec');
    const number = value.number();
    return number === undefined ? undefined : { ms: number * 1_000, span: value.span };
  }
  return attribute(tree.get('metadata', 'annotations'), ATTRIBUTES, /deregistration_delay\.timeout_seconds=(\d+)/);
}

function idleOf({ tree }: Resource) {
  const annotations = tree.get('metadata', 'annotations');
  return attribute(
    annotations,
    ['alb.ingress.kubernetes.io/load-balancer-attributes'],
    /idle_timeout\.timeout_seconds=(\d+)/,
  );
}

function attribute(annotations: Resource['tree'], names: readonly string[], pattern: RegExp) {
  for (const name of names) {
    const value = annotations.get(name);
    const number = pattern.exec(value.text() ?? '')?.[1];
    if (number !== undefined) return { ms: Number(number) * 1_000, span: value.span };
  }
  return undefined;
}

/** Workloads that a Service, the Services of an Ingress, or those with a BackendConfig lead to. */
function behind(resource: Resource, cluster: Cluster): Workload[] {
  const services = cluster.resources.filter(
    (it) => it.kind === 'Service' && sameNamespace(it, resource) && leadsTo(resource, it),
  );
  return cluster.workloads.filter((workload) =>
    services.some(
      (service) => sameNamespace(service, workload) && selects(service.tree.get('spec', 'selector'), workload.pod),
    ),
  );
}

function leadsTo(resource: Resource, service: Resource): boolean {
  if (resource.kind === 'Service') return service === resource;
  if (resource.kind === 'BackendConfig') {
    return service.tree
      .get('metadata', 'annotations')
      .entries()
      .some(({ key, value }) => key.endsWith('/backend-config') && (value.raw ?? '').includes(`"${resource.name}"`));
  }
  const rules = resource.tree
    .get('spec', 'rules')
    .items()
    .flatMap((rule) => rule.get('http', 'paths').items());
  return rules.some(
    (path) =>
      (path.get('backend', 'service', 'name').text() ?? path.get('backend', 'serviceName').text()) === service.name,
  );
}

function keepAliveOf(program: Parameters<typeof serverName>[0]) {
  const name = serverName(program);
  const option = { uvicorn: '--timeout-keep-alive', gunicorn: '--keep-alive', hypercorn: '--keep-alive' }[name];
  const ms = option === undefined ? undefined : secondsMs(optionValue(wordsOf(program, name), option));
  return ms === undefined ? undefined : { ms, span: program.launchSpan };
}
