// Exit codes of a normal ending count as failures.
import { isLastcall } from '../known/sum.ts';
import { defineRule } from '../rule.ts';
import type { Span } from '../source/source.ts';

export const rule = defineRule({
  id: 'systemd-restart-exit-codes',
  severity: 'warning',
  title: 'Exit codes of a normal ending count as failures',
  why: 'A JVM that ends by SIGTERM exits 143, which systemd takes for a failure: every stop leaves the unit failed, and alerts ring. A unit of Lastcall that refused its state (106) or was fenced (107) is started again and again although nothing can change by itself.',
  source: 'https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#SuccessExitStatus=',
  bad: { 'app.service': '[Service]\nExecStart=/usr/bin/java -jar /opt/app.jar\nRestart=on-failure\n' },
  good: {
    'app.service': '[Service]\nExecStart=/usr/bin/java -jar /opt/app.jar\nRestart=on-failure\nSuccessExitStatus=143\n',
  },
  check({ systemd }, report) {
    for (const { unit, program } of systemd) {
      const start = unit.last('ExecStart');
      if (!start || program.role === 'job') continue;
      const success = unit
        .all('SuccessExitStatus')
        .map(({ value }) => value)
        .join(' ');
      if (program.launch?.program === 'java' && !program.launch.shell && !/\b143\b/.test(success)) {
        report({
          at: start.span,
          what: `${unit.name} runs java, which exits 143 on SIGTERM, and 143 is no success here: every stop leaves the unit failed.`,
          todo: 'Add SuccessExitStatus=143.',
          edits: [afterLine(start.span, 'SuccessExitStatus=143')],
        });
      }
      const restart = unit.last('Restart');
      const prevents = unit
        .all('RestartPreventExitStatus')
        .map(({ value }) => value)
        .join(' ');
      if (
        restart &&
        ['always', 'on-failure'].includes(restart.value) &&
        isLastcall(program) &&
        !/\b106\b/.test(prevents)
      ) {
        report({
          at: restart.span,
          what: `${unit.name} is started again after 106 (state refused) and 107 (fenced), where a restart changes nothing.`,
          todo: 'Add RestartPreventExitStatus=2 106 107.',
          edits: [afterLine(restart.span, 'RestartPreventExitStatus=2 106 107')],
        });
      }
    }
  },
});

function afterLine({ source, end }: Span, text: string) {
  return { span: source.span(end, end), text: `\n${text}` };
}
