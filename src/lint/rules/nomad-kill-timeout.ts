// Nomad kills the task sooner than it can end.
import { sumOf } from '../known/sum.ts';
import { seconds } from '../source/durations.ts';
import { block } from '../read/nomad.ts';
import { defineRule } from '../rule.ts';
import type { NomadTask } from '../subjects/tasks.ts';

const job = (line: string) => ({
  'web.nomad.hcl': `job "web" {
  group "web" {
    shutdown_delay = "5s"
    network {
      port "http" {}
    }
    service {
      name = "web"
      port = "http"
    }
    task "web" {
      driver = "docker"
${line}      config {
        image = "registry.example/web:1"
        ports = ["http"]
      }
    }
  }
}
`,
});

export const rule = defineRule({
  id: 'nomad-kill-timeout',
  severity: 'warning',
  title: 'Nomad kills the task sooner than it can end',
  why: 'Without kill_timeout a task has 5 s between the signal and the kill, less than any other platform. The client caps what a job asks for with its own max_kill_timeout (30 s by default).',
  source: 'https://developer.hashicorp.com/nomad/docs/job-specification/task#kill_timeout',
  bad: job(''),
  good: job('      kill_timeout = "30s"\n'),
  check({ nomad }, report) {
    for (const task of nomad) {
      const { program, jobType, partial } = task;
      const { grace } = program;
      if (!grace || grace.ms === null || program.role === 'job') continue;
      const sum = sumOf(program);
      if (sum && sum.neededMs - program.preStopMs > sum.graceMs && grace.span) {
        report({
          at: grace.span,
          what: `${program.label} needs ${sum.text}, and kill_timeout is ${seconds(sum.graceMs)}.`,
          todo: `Set kill_timeout to at least ${Math.ceil((sum.neededMs - program.preStopMs) / 1_000)}s.`,
        });
      } else if (!grace.span && !partial && jobType === 'service' && isServing(task) && !hasLifecycle(task)) {
        report({
          at: program.span,
          what: `${program.label} has no kill_timeout: it is killed 5 s after the signal.`,
          todo: 'Set kill_timeout to what the ending needs, for example "30s".',
          ...insertion(task),
        });
      }
    }
  },
});

/** Before `driver`, in its column; in HCL alone, where a line more harms nobody. */
function insertion({ tree, spelling }: NomadTask) {
  const driver = tree.get('driver');
  if (spelling !== 'hcl' || !driver.exists || driver.span.source.path.endsWith('.json')) return {};
  const { source, start } = driver.keySpan;
  const lineStart = source.lineStart(source.position(start).line);
  const indent = source.text.slice(lineStart, start);
  if (indent.trim() !== '') return {};
  return { edits: [{ span: source.span(start, start), text: `kill_timeout = "30s"\n${indent}` }] };
}

/** Somebody sends it requests, or it keeps state. */
function isServing({ group, tree, program, spelling }: NomadTask): boolean {
  const names = spelling === 'api' ? (['Services', 'Networks'] as const) : (['service', 'network'] as const);
  return (
    names.some((name) => tree.get(name).exists || group.get(name).exists) ||
    ['database', 'broker', 'model-server'].includes(program.facts.family ?? '')
  );
}

/** Tasks that run before or after the main one end by themselves. */
function hasLifecycle({ tree, spelling }: NomadTask): boolean {
  const lifecycle = block(tree, spelling === 'api' ? 'Lifecycle' : 'lifecycle');
  return lifecycle.exists && lifecycle.get(spelling === 'api' ? 'Sidecar' : 'sidecar').boolean() !== true;
}
