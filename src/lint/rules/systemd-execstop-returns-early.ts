// ExecStop only asks and does not wait, so systemd goes on at once.
import { defineRule } from '../rule.ts';
import type { Setting } from '../subjects/unit.ts';
import { splitWords } from '../read/shell.ts';

export const rule = defineRule({
  id: 'systemd-execstop-returns-early',
  severity: 'warning',
  title: 'ExecStop only asks and does not wait, so systemd goes on at once',
  why: 'When ExecStop has ended, systemd sends KillSignal (TERM) to everything that is left, right away. A command that only sends a signal has ended in a moment: the graceful signal is followed by TERM within milliseconds, which many servers take as "now".',
  source: 'https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#ExecStop=',
  bad: {
    'web.service':
      '[Service]\nType=forking\nPIDFile=/run/nginx.pid\nExecStart=/usr/sbin/nginx\nExecStop=/bin/kill -s QUIT $MAINPID\n',
  },
  good: {
    'web.service':
      '[Service]\nType=forking\nPIDFile=/run/nginx.pid\nExecStart=/usr/sbin/nginx\nKillSignal=SIGQUIT\nKillMode=mixed\n',
  },
  check({ systemd }, report) {
    for (const { unit } of systemd) {
      const stops = unit.all('ExecStop');
      const last = stops.at(-1);
      if (!last || unit.last('KillMode')?.value.toLowerCase() === 'none' || unit.last('Type')?.value === 'oneshot')
        continue;
      const asked = asks(last);
      // SIGCONT does nothing to a running process: the old trick to make systemd only wait.
      const signal = unit.last('KillSignal')?.value ?? 'SIGTERM';
      if (asked === undefined || signal.endsWith('CONT')) continue;
      report({
        at: last.span,
        what: `ExecStop of ${unit.name} (\`${asked}\`) returns before the service has ended, and systemd sends ${signal} at once.`,
        todo: 'Leave ExecStop out and set KillSignal to the signal that is wanted, or let ExecStop wait for the end.',
      });
    }
  },
});

/** The command, if it is known to do nothing but ask. */
function asks({ value }: Setting): string | undefined {
  const words = splitWords(value.replace(/^[-@:+!|]+/, ''));
  const text = words.join(' ');
  const name = (words[0] ?? '').replace(/^.*\//, '');
  const inner = /^(?:ba|da)?sh$/.test(name)
    ? (words[words.findIndex((word) => /^-[a-z]*c$/.test(word)) + 1] ?? '')
    : text;
  if (/\b(?:wait|sleep|while|until|tail --pid|timeout|pidwait|--retry|--wait)\b/.test(inner)) return undefined;
  const isKill =
    /^(?:\S*\/)?(?:kill|pkill|killall|skill)\s/.test(inner) &&
    !/-(?:9|KILL|SIGKILL)\b|-s\s*(?:9|KILL|SIGKILL)\b/.test(inner) &&
    !/killall\s.*(?:-w|--wait)\b/.test(inner);
  const isServer =
    /^(?:\S*\/)?(?:nginx|openresty)\s.*-s\s+(?:quit|stop)|^(?:\S*\/)?(?:apachectl|apache2ctl|httpd|apache2)\s.*(?:graceful-stop|-k\s+(?:graceful-stop|stop))/.test(
      inner,
    );
  return isKill || isServer ? inner.slice(0, 60) : undefined;
}
