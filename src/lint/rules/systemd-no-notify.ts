// The program would tell systemd that it is ready, and is not asked to.
import { isLastcall } from '../known/sum.ts';
import { serverName } from '../known/servers.ts';
import { defineRule } from '../rule.ts';
import type { Program } from '../subjects/program.ts';

/** Programs that always tell systemd when they are ready, if they are asked (NOTIFY_SOCKET). */
const NOTIFYING = new Set(['gunicorn', 'caddy', 'traefik', 'etcd', 'dockerd', 'consul', 'vault', 'frankenphp']);

export const rule = defineRule({
  id: 'systemd-no-notify',
  severity: 'info',
  title: 'The program would tell systemd that it is ready, and is not asked to',
  why: 'With Type=simple the unit counts as started as soon as the process exists: what comes after it starts too early, and a program cannot ask for more time when it ends (EXTEND_TIMEOUT_USEC). These programs send READY=1 by themselves if Type=notify asks for it.',
  source: 'https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Type=',
  bad: { 'web.service': '[Service]\nExecStart=/usr/bin/gunicorn app:app\n' },
  good: { 'web.service': '[Service]\nType=notify\nExecStart=/usr/bin/gunicorn app:app\n' },
  check({ systemd }, report) {
    for (const { unit, program } of systemd) {
      const type = unit.last('Type');
      if (type && !['simple', 'exec'].includes(type.value)) continue;
      const start = unit.last('ExecStart');
      if (!start || program.launch?.shell || !notifies(program)) continue;
      report({
        at: type?.span ?? start.span,
        what: `${unit.name} runs ${serverName(program)}, which tells when it is ready, with Type=${type?.value ?? 'simple'}.`,
        todo: 'Set Type=notify.',
        ...(type ? { edits: [{ span: type.span, text: 'notify' }] } : {}),
      });
    }
  },
});

function notifies(program: Program): boolean {
  const name = serverName(program);
  if (name === 'haproxy') return program.launch!.args.includes('-Ws');
  return NOTIFYING.has(name) || (isLastcall(program) && program.launch?.program === 'lastcall');
}
