// The session time-out of a Kafka consumer does not fit its ending.
import { seconds } from '../source/durations.ts';
import { defineRule } from '../rule.ts';
import type { Program } from '../subjects/program.ts';
import { deployment } from './examples.ts';

const SESSION = /^(?:[A-Z0-9]+_)*SESSION_TIMEOUT(?:_MS)?$/i;
const HEARTBEAT = /^(?:[A-Z0-9]+_)*HEARTBEAT_INTERVAL(?:_MS)?$/i;
const STATIC = /^(?:[A-Z0-9]+_)*GROUP_INSTANCE_ID$/i;

export const rule = defineRule({
  id: 'kafka-session-timeout',
  severity: 'warning',
  title: 'The session time-out of a Kafka consumer does not fit its ending',
  why: 'A consumer that drains without heartbeats, or a static member that is restarted, keeps its partitions only for the session time-out. If the ending takes longer, the group gives them away in the middle of it and the records in work are done twice. A heartbeat interval above a third of it loses the session by chance.',
  source: 'https://kafka.apache.org/documentation/#consumerconfigs_session.timeout.ms',
  bad: deployment({
    pod: 'terminationGracePeriodSeconds: 60',
    container: `env:
  - { name: KAFKA_GROUP_INSTANCE_ID, value: web-1 }
  - { name: KAFKA_SESSION_TIMEOUT_MS, value: "10000" }`,
  }),
  good: deployment({
    pod: 'terminationGracePeriodSeconds: 60',
    container: `env:
  - { name: KAFKA_GROUP_INSTANCE_ID, value: web-1 }
  - { name: KAFKA_SESSION_TIMEOUT_MS, value: "90000" }`,
  }),
  check({ programs }, report) {
    for (const program of programs) {
      const session = find(program, SESSION);
      if (!session || !isKafka(program)) continue;
      const heartbeat = find(program, HEARTBEAT);
      if (heartbeat && heartbeat.ms > session.ms / 3) {
        report({
          at: heartbeat.span,
          what: `${program.label} sends a heartbeat every ${seconds(heartbeat.ms)} in a session of ${seconds(session.ms)}: one that is late loses the partitions.`,
          todo: 'Set the heartbeat interval to at most a third of the session time-out.',
        });
      }
      const isStatic = [...program.environment.keys()].some((name) => STATIC.test(name));
      const graceMs = program.grace?.ms;
      if (isStatic && graceMs !== null && graceMs !== undefined && Number.isFinite(graceMs) && session.ms < graceMs) {
        report({
          at: session.span,
          what: `${program.label} is a static member with a session of ${seconds(session.ms)}, and its ending may take ${seconds(graceMs)}: its partitions are given away before it is back.`,
          todo: 'Set the session time-out above the grace plus the time of a start.',
        });
      }
    }
  },
});

function find(program: Program, pattern: RegExp) {
  for (const [name, { value, span }] of program.environment) {
    if (pattern.test(name) && value !== undefined && /^\d+$/.test(value)) return { ms: Number(value), span };
  }
  return undefined;
}

function isKafka(program: Program): boolean {
  // Brokers and Connect have settings of the same name for others.
  if (program.facts.family === 'broker') return false;
  return [...program.environment.keys()].some((name) => /kafka|bootstrap_servers/i.test(name));
}
