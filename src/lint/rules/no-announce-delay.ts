// A server behind a Service stops before the Service has noticed.
import { isLastcall } from '../known/sum.ts';
import { defineRule } from '../rule.ts';
import { type Container, servicesOf, type Workload } from '../subjects/cluster.ts';
import { deployment, SERVICE } from './examples.ts';

/** Words in options and variables of programs that go on serving for a while after SIGTERM. */
const OWN_DELAY =
  /shutdown[-_.]?delay|drain[-_.]?(?:delay|duration|time|timeout|wait)|pre[-_]?stop[-_]?(?:delay|sleep|wait)|wait[-_]?(?:before|after)[-_]?(?:shutdown|term|sigterm)|requestacceptgracetimeout|lame[-_]?duck|shutdown[-_]?grace|terminationdrain|graceful[-_]shutdown[-_](?:wait|sleep)/i;

export const rule = defineRule({
  id: 'no-announce-delay',
  severity: 'warning',
  title: 'A server behind a Service stops before the Service has noticed',
  why: 'SIGTERM and the removal from the endpoints happen at the same time, and the removal takes 3 s or more to reach every proxy. A server that closes its listener at once refuses requests that are still sent to it.',
  source: 'https://kubernetes.io/docs/tutorials/services/pods-and-endpoint-termination-flow/',
  bad: deployment({
    container: 'readinessProbe: { httpGet: { path: /ready, port: 8080 } }',
    more: SERVICE,
  }),
  good: deployment({
    container: `readinessProbe: { httpGet: { path: /ready, port: 8080 } }
lifecycle: { preStop: { sleep: { seconds: 5 } } }`,
    more: SERVICE,
  }),
  check({ cluster }, report) {
    for (const workload of cluster.workloads) {
      if (workload.role !== 'server' || workload.partial || !hasSuccessor(workload)) continue;
      if (servicesOf(workload, cluster).length === 0) continue;
      const { containers } = workload.pod;
      const stateful = containers.some(({ program }) =>
        ['database', 'broker', 'system'].includes(program.facts.family ?? ''),
      );
      if (stateful || containers.some(waitsSomehow)) continue;
      const target = serving(containers);
      if (!target) continue;
      report({
        at: target.span,
        what: `${target.program.label} is behind a Service and has neither a preStop hook nor a drain delay that can be seen here.`,
        todo: 'Add `lifecycle: { preStop: { sleep: { seconds: 5 } } }`, or let the program go on serving for some seconds after SIGTERM.',
      });
    }
  },
});

/** Only where another pod takes over is there somebody to route to. */
function hasSuccessor({ kind, tree, replicas }: Workload): boolean {
  if (
    !['Deployment', 'Rollout', 'ReplicaSet', 'ReplicationController', 'StatefulSet', 'DeploymentConfig'].includes(kind)
  )
    return false;
  return tree.get('spec', 'strategy', 'type').text() !== 'Recreate' && replicas !== 0;
}

function waitsSomehow(container: Container): boolean {
  const { preStop, program, tree } = container;
  if (preStop || isLastcall(program)) return true;
  const words = [...tree.get('args').each(), ...tree.get('command').each()].map((word) => word.raw ?? '');
  return [...words, ...program.environment.keys()].some((word) => OWN_DELAY.test(word));
}

/** The container with ports, else the only one. */
function serving(containers: readonly Container[]): Container | undefined {
  return (
    containers.find(({ tree }) => tree.get('ports').items().length > 0) ??
    (containers.length === 1 ? containers[0] : undefined)
  );
}
