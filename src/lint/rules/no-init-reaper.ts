// The first process of the container starts others and does not reap them.
import { defineRule } from '../rule.ts';
import type { Program } from '../subjects/program.ts';
import { serverName } from '../known/servers.ts';

export const rule = defineRule({
  id: 'no-init-reaper',
  severity: 'warning',
  title: 'The first process of the container starts others and does not reap them',
  why: 'Processes whose parent has ended become children of process 1. Node, a notebook server or a script that leaves things in the background never ask for their exit codes: zombies pile up, and what is left running at the end is killed without a signal. tini or `init: true` does both.',
  source: 'https://github.com/krallin/tini#why-tini',
  bad: { Dockerfile: 'FROM node:24\nCMD ["node", "server.js"]\n' },
  good: { Dockerfile: 'FROM node:24\nENTRYPOINT ["tini", "--"]\nCMD ["node", "server.js"]\n' },
  check({ programs }, report) {
    for (const program of programs) {
      const { launch, launchSpan, label, platform, isFirstProcess, hasInit, facts, role } = program;
      // Compose has a setting of its own, and a rule for it.
      if (!launch || !isFirstProcess || hasInit !== false || launch.init || facts.hasInit || role === 'job') continue;
      if (platform === 'compose') continue;
      const reason = reasonOf(program);
      if (reason === undefined) continue;
      report({
        at: launchSpan,
        what: `${label[0]!.toUpperCase()}${label.slice(1)} runs ${reason} as the first process, which reaps nothing and adopts everything.`,
        todo:
          platform === 'ecs'
            ? 'Set `linuxParameters: { initProcessEnabled: true }`.'
            : 'Put an init before it: `ENTRYPOINT ["tini", "--"]`.',
      });
    }
  },
});

/** What the first process is, if it is known to be no init and to have children of others. */
export function reasonOf(program: Program): string | undefined {
  const { launch } = program;
  if (!launch || launch.manager) return undefined;
  if (launch.shell && !launch.shell.execs)
    return launch.shell.background ? 'a shell that leaves programs in the background' : undefined;
  if (launch.program === 'node')
    return launch.args.length > 0 && !/^(?:-v|--version|-e|--eval)$/.test(launch.args[0]!) ? 'node' : undefined;
  const name = serverName(program);
  if (['jupyter', 'jupyterhub', 'jupyter-lab', 'jupyter-notebook', 'start-notebook.sh'].includes(name)) return name;
  return undefined;
}
