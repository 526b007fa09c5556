// A registered service is stopped before its clients know.
import { defineRule } from '../rule.ts';
import type { NomadTask } from '../subjects/tasks.ts';
import type { Tree } from '../tree/tree.ts';

const job = (line: string) => ({
  'web.nomad.hcl': `job "web" {
  group "web" {
${line}    network {
      port "http" {}
    }
    service {
      name = "web"
      port = "http"
    }
    task "web" {
      driver       = "docker"
      kill_timeout = "30s"
      config {
        image = "registry.example/web:1"
        ports = ["http"]
      }
    }
  }
}
`,
});

export const rule = defineRule({
  id: 'nomad-shutdown-delay',
  severity: 'warning',
  title: 'A registered service is stopped before its clients know',
  why: 'Nomad deregisters a service and, without shutdown_delay, signals the task at the same moment. Clients, proxies and DNS caches learn of it later, and send requests to a task that is closing.',
  source: 'https://developer.hashicorp.com/nomad/docs/job-specification/group#shutdown_delay',
  bad: job(''),
  good: job('    shutdown_delay = "5s"\n'),
  check({ nomad }, report) {
    const reported = new Set<Tree>();
    for (const task of nomad) {
      const { group, tree, spelling, partial, program } = task;
      const [delay, name] =
        spelling === 'api' ? (['ShutdownDelay', 'Services'] as const) : (['shutdown_delay', 'service'] as const);
      if (partial || program.role === 'job' || hasDelay(task, delay)) continue;
      const ofTask = tree.get(name);
      const services = ofTask.exists ? ofTask : group.get(name);
      const first = services.items().find((service) => isForOthers(service));
      if (!first || reported.has(first)) continue;
      reported.add(first);
      report({
        at: first.keySpan,
        what: `The service of ${program.label} is deregistered at the moment of the signal, with no shutdown_delay between.`,
        todo: `Set ${delay} = "5s" in the group, or longer where clients cache.`,
      });
    }
  },
});

function hasDelay({ group, tree }: NomadTask, name: string): boolean {
  const own = tree.get(name);
  const shared = group.get(name);
  return [own, shared].some((it) => it.exists && it.text() !== '0s' && it.text() !== '0');
}

/** A service without a port is only a name with a check. */
function isForOthers(service: Tree): boolean {
  return service.get('port').exists || service.get('PortLabel').exists || service.get('connect').exists;
}
