// Nothing kills what does not end.
import { defineRule } from '../rule.ts';

const STORES = /postgres|mysqld?|mariadbd?|mongod/i;

export const rule = defineRule({
  id: 'systemd-sendsigkill-off',
  severity: 'warning',
  title: 'Nothing kills what does not end',
  why: 'With SendSIGKILL=no, processes that ignore the stop signal live on after the time-out: the unit counts as stopped while its processes still hold memory, ports and devices.',
  source: 'https://www.freedesktop.org/software/systemd/man/latest/systemd.kill.html#SendSIGKILL=',
  bad: { 'web.service': '[Service]\nExecStart=/opt/web/server\nSendSIGKILL=no\n' },
  good: { 'web.service': '[Service]\nExecStart=/opt/web/server\nTimeoutStopSec=120\n' },
  check({ systemd }, report) {
    for (const { unit } of systemd) {
      const setting = unit.last('SendSIGKILL');
      if (!setting || !/^(?:no|false|off|0)$/i.test(setting.value)) continue;
      if (STORES.test(`${unit.name} ${unit.last('ExecStart')?.value ?? ''}`)) continue;
      report({
        at: setting.span,
        what: `${unit.name} is never killed, also when it does not end.`,
        todo: 'Leave SendSIGKILL out, and set TimeoutStopSec to what the ending needs.',
      });
    }
  },
});
