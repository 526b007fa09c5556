// A command: an argument list, never a shell. It gets the task in its environment. Exit code 0 is done, 10 means that the task
// ended or runs again already, 126 and 127 that there is no such command; everything else is tried again.
import { spawn } from 'node:child_process';
import { asIs, fill } from '../template.ts';
import type { Action, Order, Outcome } from './act.ts';

export interface CommandActionOptions {
  readonly command: readonly string[];
  readonly timeoutMs: number;
}

const SUPERSEDED = 10;
const NOT_THERE: readonly number[] = [126, 127];
/** Characters of its stderr that are kept. */
const SAID_MAX = 500;

export function commandAction({ command, timeoutMs }: CommandActionOptions): Action {
  return {
    name: 'command',
    async act(order, signal) {
      const words = command.map((word) => fill(word, order, asIs));
      if (words.includes(null)) return { result: 'refused', detail: 'the task lacks a value that the command needs' };
      return run(words as string[], order, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
    },
  };
}

function run([file = '', ...words]: readonly string[], order: Order, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    // A group of its own, so that what it started goes with it.
    const child = spawn(file, words, {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
      env: environmentOf(order),
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-SAID_MAX)));
    const kill = (): void => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It ended in this moment.
      }
    };
    signal.addEventListener('abort', kill, { once: true });
    child.once('error', (error: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', kill);
      const isFinal = error.code === 'ENOENT' || error.code === 'EACCES';
      resolve({ result: isFinal ? 'refused' : 'failed', detail: error.message });
    });
    child.once('close', (code, killedBy) => {
      signal.removeEventListener('abort', kill);
      const words = said.trim() === '' ? '' : `: ${said.trim()}`;
      if (code === null) return resolve({ result: 'failed', detail: `ended by ${killedBy}${words}` });
      resolve({ result: judge(code), detail: `exit code ${code}${words}` });
    });
  });
}

function judge(code: number): Outcome['result'] {
  if (code === 0) return 'done';
  if (code === SUPERSEDED) return 'superseded';
  return NOT_THERE.includes(code) ? 'refused' : 'failed';
}

function environmentOf({ attempt, nextAttempt, intent }: Order): NodeJS.ProcessEnv {
  return {
    ...process.env,
    TASK_ID: attempt.taskId,
    TASK_ATTEMPT: String(attempt.attempt),
    TASK_NEXT_ATTEMPT: String(nextAttempt),
    TASK_JOB_ID: attempt.job ?? '',
    TASK_NODE_IP: attempt.node ?? '',
    TASK_PAYLOAD_REF: attempt.payloadRef ?? '',
    IDEMPOTENCY_KEY: intent,
  };
}
