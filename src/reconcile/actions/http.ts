// An HTTP hook. The intent's id goes along as `Idempotency-Key`. What the answer means:
//   2xx done · 404, 410 to a release: done, there is nothing left · 409, 412 to a resubmission: the task ended, or runs again
//   already · 408, 425, 429, 5xx, none at all: tried again · everything else: refused
import { messageOf } from '../../base/errors.ts';
import type { ActionKind } from '../core/recovery.ts';
import { fill, inUrl } from '../template.ts';
import type { Action, Order, Outcome } from './act.ts';

export interface HttpActionOptions {
  readonly kind: ActionKind;
  readonly method: 'POST' | 'PUT' | 'DELETE' | 'PATCH';
  readonly url: string;
  /** With secrets filled in already. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

const LATER: readonly number[] = [408, 425, 429];

export function httpAction(options: HttpActionOptions): Action {
  const { kind, method, url, headers, timeoutMs } = options;
  return {
    name: `http ${method}`,
    async act(order, signal) {
      const address = fill(url, order, inUrl);
      if (address === null) return { result: 'refused', detail: 'the task lacks a value that the address needs' };
      try {
        const answer = await fetch(address, {
          method,
          headers: { 'content-type': 'application/json', 'idempotency-key': order.intent, ...headers },
          ...(method === 'DELETE' ? {} : { body: bodyOf(order) }),
          redirect: 'manual',
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        });
        await answer.body?.cancel();
        return judge(kind, answer.status);
      } catch (error) {
        const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
        return { result: 'failed', detail: messageOf(cause) };
      }
    },
  };
}

function judge(kind: ActionKind, status: number): Outcome {
  const detail = `it answered ${status}`;
  if (status >= 200 && status < 300) return { result: 'done', detail };
  if (kind === 'release' && (status === 404 || status === 410)) return { result: 'done', detail };
  if (kind === 'resubmit' && (status === 409 || status === 412)) return { result: 'superseded', detail };
  return { result: status >= 500 || LATER.includes(status) ? 'failed' : 'refused', detail };
}

function bodyOf({ attempt, nextAttempt, evidence }: Order): string {
  return JSON.stringify({
    task_id: attempt.taskId,
    attempt: attempt.attempt,
    next_attempt: nextAttempt,
    job_id: attempt.job,
    node_ip: attempt.node,
    payload_ref: attempt.payloadRef,
    evidence: evidence.detail,
  });
}
