// What the gateway answers by itself: problem details (RFC 9457) that say what happened to the request, and whether it may
// be sent again. Nothing of it reached an instance.
import type { BucketRule } from '../core/bucket.ts';
import type { RefusalReason } from '../core/events.ts';
import type { Answer } from '../planes/ports.ts';

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
}

const REFUSALS: Readonly<Record<RefusalReason, Problem>> = {
  'no-instance': {
    status: 503,
    code: 'no_instance',
    detail: 'no instance of this model is ready',
    hint: 'Send it again after Retry-After.',
  },
  'queue-full': {
    status: 503,
    code: 'queue_full',
    detail: 'every instance is busy and the queue is full',
    hint: 'Send it again later.',
  },
  'queue-timeout': {
    status: 503,
    code: 'queue_timeout',
    detail: 'no instance became free in time',
    hint: 'Send it again later.',
  },
  closing: {
    status: 503,
    code: 'closing',
    detail: 'the gateway is stopping',
    hint: 'Send it again: another one is taking over.',
  },
  'retry-budget': {
    status: 502,
    code: 'retry_budget',
    detail: 'an instance failed, and so many others do that it is not tried again',
    hint: 'Send it again later.',
  },
  'not-repeatable': {
    status: 502,
    code: 'not_repeatable',
    detail: 'the instance failed, and the request is not idempotent',
    hint: 'It may have been carried out. With an Idempotency-Key it would have been tried again.',
  },
  'nobody-left': {
    status: 503,
    code: 'no_instance',
    detail: 'every instance that was tried failed',
    hint: 'Send it again later.',
  },
};

export function refusalAnswer(reason: RefusalReason, retryAfterMs: number): Answer {
  const seconds = String(Math.max(1, Math.ceil(retryAfterMs / 1_000)));
  return problemAnswer(REFUSALS[reason], ['retry-after', seconds]);
}

export function tooManyRequests(retryAfterMs: number, remaining: number, limit: BucketRule): Answer {
  const seconds = String(Math.max(1, Math.ceil(retryAfterMs / 1_000)));
  return problemAnswer(
    {
      status: 429,
      code: 'rate_limited',
      detail: 'more requests than this route allows',
      hint: 'Send it again after Retry-After.',
    },
    ['retry-after', seconds, ...rateHeaders(remaining, limit)],
  );
}

/** As other gateways name them. */
export function rateHeaders(remaining: number, { replenishRate, burstCapacity }: BucketRule): string[] {
  return [
    'x-ratelimit-remaining',
    String(Math.max(0, Math.floor(remaining))),
    'x-ratelimit-replenish-rate',
    String(replenishRate),
    'x-ratelimit-burst-capacity',
    String(burstCapacity),
  ];
}

export function limiterDown(): Answer {
  return problemAnswer(
    {
      status: 503,
      code: 'limiter_unavailable',
      detail: 'the rate limiter does not answer',
      hint: 'Send it again later.',
    },
    ['retry-after', '1'],
  );
}

export const NO_ROUTE = problemAnswer({
  status: 404,
  code: 'no_route',
  detail: 'no route goes there',
  hint: 'See `lastcall route` for those there are.',
});

export const AMBIGUOUS_PATH = problemAnswer({
  status: 400,
  code: 'ambiguous_path',
  detail: 'the path has dot segments, which other servers may read as another path',
  hint: 'Send the path as it is meant.',
});

export function methodNotAllowed(allow: readonly string[]): Answer {
  return problemAnswer(
    {
      status: 405,
      code: 'method_not_allowed',
      detail: 'this route does not take the method',
      hint: `Use ${allow.join(', ')}.`,
    },
    ['allow', allow.join(', ')],
  );
}

function problemAnswer({ status, code, detail, hint }: Problem, headers: readonly string[] = []): Answer {
  const body = `${JSON.stringify({ type: 'about:blank', status, code, detail, hint, outcome: 'returned' })}\n`;
  return {
    action: 'answer',
    status,
    headers: ['content-type', 'application/problem+json', ...headers],
    body,
    booked: 'returned',
  };
}
