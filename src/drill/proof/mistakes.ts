// The known mistakes of testdata/service.ts: how each is drilled, and which reason has to come up. And the services that
// make none, which must never be accused.
import { fileURLToPath } from 'node:url';
import type { Plan } from '../plan.ts';
import type { FindingCode } from '../verdict/core/findings.ts';

const SERVICE = fileURLToPath(new URL('./testdata/service.ts', import.meta.url));
const UNIT_SERVICE = fileURLToPath(new URL('./testdata/unit-service.ts', import.meta.url));

export interface Mistake {
  readonly name: string;
  /** One of these has to be among the reasons. */
  readonly reasons: readonly FindingCode[];
  /** How it is drilled, if not as all. */
  readonly drilled?: (plan: Plan) => Plan;
}

const restarted = (plan: Plan): Plan => ({ ...plan, restart: true });
const asks =
  (path: string) =>
  (plan: Plan): Plan => ({ ...plan, load: { ...plan.load, path } });
const secondSignal =
  (afterMs: number) =>
  (plan: Plan): Plan => ({ ...plan, ending: { ...plan.ending, second: { signal: 'SIGTERM', afterMs } } });

export const MISTAKES: readonly Mistake[] = [
  { name: 'exits-at-once', reasons: ['dropped-in-flight'] },
  { name: 'ignores-the-signal', reasons: ['deadline-exceeded'] },
  {
    name: 'closes-listener-first',
    reasons: ['refused-while-ready', 'dropped-after-signal'],
    drilled: (plan) => ({ ...plan, ready: 'http://127.0.0.1:{health}/readyz', live: null }),
  },
  // What an announcement is for: without one, clients meet a closing listener.
  { name: 'never-announces', reasons: ['no-announcement', 'dropped-after-signal'] },
  // On a busy machine no probe may come between the announcement and the end of it; then it is as good as none.
  { name: 'announces-too-short', reasons: ['announcement-too-short', 'no-announcement', 'dropped-after-signal'] },
  { name: 'readiness-flaps', reasons: ['readiness-flaps', 'no-announcement'] },
  { name: 'liveness-fails-in-drain', reasons: ['liveness-down'] },
  { name: 'cuts-keep-alive', reasons: ['dropped-in-flight'] },
  { name: 'cuts-streams', reasons: ['truncated', 'dropped-in-flight'], drilled: asks('/stream?{id}') },
  {
    name: 'cuts-event-streams',
    reasons: ['truncated'],
    drilled: (plan) => ({ ...plan, load: { ...plan.load, sse: '/events' } }),
  },
  { name: 'drains-too-short', reasons: ['dropped-in-flight'], drilled: asks('/slow?{id}') },
  { name: 'hangs-in-drain', reasons: ['deadline-exceeded'] },
  { name: 'answers-500-in-drain', reasons: ['errors-in-drain'] },
  { name: 'mixes-answers', reasons: ['mixed-answers'] },
  { name: 'waits-for-keep-alive', reasons: ['lingers'] },
  { name: 'exits-1-after-a-good-drain', reasons: ['exit-code'] },
  { name: 'exits-0-after-forced-kill', reasons: ['exit-code-lies'] },
  { name: 'crashes-while-ending', reasons: ['crashed'] },
  { name: 'double-tap-kills', reasons: ['double-tap-kills'], drilled: secondSignal(150) },
  {
    name: 'ignores-the-second-signal',
    reasons: ['second-signal-ignored'],
    drilled: (plan) => secondSignal(900)({ ...plan, load: { ...plan.load, path: '/slow?{id}' } }),
  },
  { name: 'leaves-a-child', reasons: ['processes-left'] },
  { name: 'leaves-the-port', reasons: ['port-left'] },
  { name: 'wrapper-passes-nothing-on', reasons: ['processes-left'] },
  { name: 'leaves-temporary-files', reasons: ['temp-left'] },
  { name: 'loses-last-log-lines', reasons: ['log-lost'] },
  { name: 'loses-acknowledged-work', reasons: ['lost-work'] },
  { name: 'doubles-work-after-restart', reasons: ['doubled-work'], drilled: restarted },
  { name: 'does-not-come-up-again', reasons: ['restart-failed'], drilled: restarted },
];

export interface Correct {
  readonly name: string;
  readonly service: string;
  readonly drilled?: (plan: Plan) => Plan;
}

export const CORRECT: readonly Correct[] = [
  { name: 'service', service: SERVICE },
  {
    name: 'service, streams',
    service: SERVICE,
    drilled: (plan) => asks('/stream?{id}')({ ...plan, load: { ...plan.load, sse: '/events' } }),
  },
  { name: 'service, slow requests', service: SERVICE, drilled: asks('/slow?{id}') },
  { name: 'service, restarted', service: SERVICE, drilled: restarted },
  { name: 'service, two signals within 150 ms', service: SERVICE, drilled: secondSignal(150) },
  {
    name: 'unit of Lastcall',
    service: UNIT_SERVICE,
    drilled: (plan) => ({ ...plan, live: 'http://127.0.0.1:{health}/livez' }),
  },
];

const KINDS: Plan['load']['clients'] = new Map([
  ['keep-alive', 6],
  ['new', 3],
  ['pipelined', 1],
]);

/** @param service file @param mistake `none` for none */
export function planFor(service: string, mistake: string): Plan {
  return {
    target: { kind: 'command', words: [process.execPath, service, mistake, '{port}', '{health}', '{dir}'] },
    url: 'http://127.0.0.1:{port}',
    ready: '/readyz',
    live: '/livez',
    readyWithinMs: 60_000,
    settleMs: 1_000,
    load: {
      path: '/work?{id}',
      method: 'GET',
      body: null,
      headers: [],
      rate: 60,
      clients: KINDS,
      timeoutMs: 20_000,
      sse: null,
      ws: null,
      wsMessage: '{id}',
      streams: 2,
      line: null,
    },
    ending: { signal: 'SIGTERM', to: 'process', when: 'load', afterMs: 600, second: null },
    faults: { names: [], leadMs: 0, forMs: 0, upstream: null, blockPath: null },
    ledger: '{dir}/ledger',
    expectedIds: [],
    restart: false,
    expectations: { exitCodes: null, noticeMs: 200, lingerMs: 1_000, deadlineMs: 5_000 },
    mayLeaveThisMachine: false,
    words: [],
  };
}

export function planOfMistake({ name, drilled }: Mistake): Plan {
  const plan = planFor(SERVICE, name);
  return drilled ? drilled(plan) : plan;
}

/** Nothing that a correct service does takes long; a busy machine makes it take longer, and that is no mistake of it. */
export function planOfCorrect({ service, drilled }: Correct): Plan {
  const plan = planFor(service, 'none');
  const patient = { ...plan, expectations: { ...plan.expectations, lingerMs: 10_000, deadlineMs: 60_000 } };
  return drilled ? drilled(patient) : patient;
}
