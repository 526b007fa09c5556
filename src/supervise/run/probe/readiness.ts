// Waits until a probe says that a command is ready, within its time.
import { systemClock } from '../../../base/clock.ts';
import { formatMs } from '../../../base/duration.ts';
import { LastcallError } from '../../../base/errors.ts';
import { ask, type AskedProbe } from './ask.ts';
import type { Probe } from './probe.ts';

export interface ReadyWait {
  readonly environment: NodeJS.ProcessEnv;
  readonly withinMs: number;
  /** Of the command, for the error. */
  readonly name: string;
  /** A stop was asked for: nobody waits any more. */
  readonly stopped: AbortSignal;
  /** For `control`. */
  readonly saidReady: Promise<void>;
  /** Where lines of its output can be listened to, for `log`. */
  readonly lines: Set<(line: string) => void>;
}

/** The first question comes at once; a server that is up in no time is not made to wait, a slow one is not pestered. */
const PAUSE_MS_MIN = 20;
const PAUSE_MS_MAX = 500;
const ANSWER_MS_MAX = 2_000;

/** @throws LastcallError `dependency` with the last answer, if it is not ready in time */
export async function untilReady(probe: Probe, wait: ReadyWait): Promise<void> {
  const { promise: timeUp, resolve } = Promise.withResolvers<'timeUp'>();
  const cancel = systemClock.after(wait.withinMs, () => resolve('timeUp'));
  // Its timer alone would not keep the process, which has nothing else to wait for when the command is quiet.
  const keepAlive = setInterval(() => {}, 2 ** 30);
  const last = { said: 'nothing yet' };
  try {
    const outcome = await Promise.race([whenReady(probe, wait, last), timeUp, whenAborted(wait.stopped)]);
    if (outcome !== 'timeUp') return;
  } finally {
    cancel();
    clearInterval(keepAlive);
  }
  throw new LastcallError('dependency', {
    what: `not ready within ${formatMs(wait.withinMs)}; the last answer was: ${last.said}`,
    on: wait.name,
    todo: 'Give it more time with --ready-within, or correct --ready.',
  });
}

async function whenReady(probe: Probe, wait: ReadyWait, last: { said: string }): Promise<'ready'> {
  if (probe.kind === 'control') {
    last.said = 'none: it did not POST /ready to LASTCALL_CONTROL';
    await wait.saidReady;
  } else if (probe.kind === 'log') await whenLogged(probe.pattern, wait.lines, last);
  else await whenWell(probe, wait, last);
  return 'ready';
}

function whenLogged(pattern: RegExp, lines: ReadyWait['lines'], last: { said: string }): Promise<void> {
  last.said = `no line matched ${String(pattern)}`;
  return new Promise((resolve) => {
    const look = (line: string) => {
      if (!pattern.test(line)) return;
      lines.delete(look);
      resolve();
    };
    lines.add(look);
  });
}

async function whenWell(probe: AskedProbe, wait: ReadyWait, last: { said: string }): Promise<void> {
  for (let pauseMs = PAUSE_MS_MIN; !wait.stopped.aborted; pauseMs = Math.min(PAUSE_MS_MAX, 1.5 * pauseMs)) {
    const { well, said } = await ask(probe, wait.environment, ANSWER_MS_MAX);
    last.said = said;
    if (well) return;
    await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
  }
}

function whenAborted(signal: AbortSignal): Promise<'stopped'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('stopped');
    signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
}
