// The node that a task names, asked over HTTP. One that does not answer several times in a row counts as gone. One that answers,
// whatever it says, proves nothing of the task. A network that is cut looks the same as a dead node: what a zombie
// finishes there is refused by its attempt number (docs/reconcile.md).
import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '../../base/errors.ts';
import { fill, inUrl } from '../template.ts';
import type { Witness } from './witness.ts';

export interface NodeWitnessOptions {
  /** Address with `{node_ip}`. */
  readonly url: string;
  /** Unanswered in a row that count as gone. */
  readonly times: number;
  readonly everyMs: number;
  readonly timeoutMs: number;
}

export function nodeWitness({ url, times, everyMs, timeoutMs }: NodeWitnessOptions): Witness {
  return {
    name: 'node',
    async ask(attempt, signal) {
      const address = fill(url, { attempt, nextAttempt: attempt.attempt + 1 }, hostOf);
      if (address === null) return null;
      let why = '';
      for (let time = 0; time < times; time++) {
        if (time > 0) await wait(everyMs, undefined, { signal });
        try {
          const answer = await fetch(address, {
            redirect: 'manual',
            signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
          });
          await answer.body?.cancel();
          return { verdict: 'unknown', detail: `node ${attempt.node} answers` };
        } catch (error) {
          signal.throwIfAborted();
          why = messageOf(error instanceof Error && error.cause instanceof Error ? error.cause : error);
        }
      }
      return { verdict: 'gone', detail: `node ${attempt.node} did not answer ${times} times: ${why}` };
    },
  };
}

/** An address stays one: digits, letters, dots, colons and brackets are what hosts are made of. */
function hostOf(value: string): string {
  if (/^[\w.-]+$/.test(value)) return value;
  return /^[\da-fA-F:]+$/.test(value) ? `[${value}]` : inUrl(value);
}
