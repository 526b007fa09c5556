// The stop time-out of the unit is too short, or there is none.
import { sumOf } from '../known/sum.ts';
import { seconds, systemdMs } from '../source/durations.ts';
import { defineRule } from '../rule.ts';

/** Stores whose makers ask for no limit, since a killed one recovers for longer than it would have ended. */
const STORES =
  /postgres|mysqld?|mariadbd?|mongod|oracle|cassandra|elasticsearch|opensearch|redis|clickhouse|influxd|etcd|neo4j|couchdb|ceph|gluster|prometheus|virtqemud|libvirt|docker|containerd|rabbitmq/i;
const LEAST_MS = 3_000;

export const rule = defineRule({
  id: 'systemd-timeout',
  severity: 'warning',
  title: 'The stop time-out of the unit is too short, or there is none',
  why: 'systemd waits TimeoutStopSec (90 s by default) and kills. Below what the program waits for itself it cuts the ending; `infinity` or 0 let a program that hangs hold up a reboot for ever.',
  source: 'https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#TimeoutStopSec=',
  bad: { 'web.service': '[Service]\nExecStart=/usr/bin/gunicorn --graceful-timeout 60 app:app\nTimeoutStopSec=30\n' },
  good: {
    'web.service':
      '[Service]\nType=notify\nExecStart=/usr/bin/gunicorn --graceful-timeout 60 app:app\nTimeoutStopSec=75\n',
  },
  check({ systemd }, report) {
    for (const { unit, program } of systemd) {
      const { grace } = program;
      if (!grace || grace.ms === null || program.role === 'job') continue;
      const command = unit.last('ExecStart')?.value ?? '';
      const sum = sumOf(program);
      if (sum && sum.neededMs > sum.graceMs) {
        report({
          at: grace.span ?? program.span,
          what: `${unit.name} needs ${sum.text}, and TimeoutStopSec is ${seconds(sum.graceMs)}.`,
          todo: `Set TimeoutStopSec to at least ${Math.ceil(sum.neededMs / 1_000)}.`,
        });
      } else if (grace.span && grace.ms === Infinity && isForStop(unit) && !STORES.test(`${command} ${unit.name}`)) {
        report({
          at: grace.span,
          what: `${unit.name} may take for ever to end: nothing kills it when it hangs.`,
          todo: 'Set TimeoutStopSec to what the ending needs, with room.',
        });
      } else if (grace.span && grace.ms < LEAST_MS) {
        report({
          at: grace.span,
          what: `${unit.name} is killed after ${seconds(grace.ms)}, which is hardly a chance to end.`,
          todo: 'Set TimeoutStopSec to what the ending needs; 90 s is the default.',
        });
      }
    }
  },
});

/** TimeoutSec=0 is often meant for the start alone, and TimeoutStopSec beside it counts. */
function isForStop(unit: { last(name: string): { value: string } | undefined }): boolean {
  const own = unit.last('TimeoutStopSec') ?? unit.last('TimeoutSec');
  const ms = systemdMs(own?.value);
  return ms === 0 || ms === Infinity;
}
