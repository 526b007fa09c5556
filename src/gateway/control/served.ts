// A request that has a place, as the edge follows it, and what its end says of the instance.
import type { CookieSession, Plan } from '../core/plan.ts';
import type { AttemptEnd, PlaneRequest } from '../planes/ports.ts';

/** A request that was placed, as observers see it. */
export interface ServedRequest {
  readonly request: PlaneRequest;
  readonly plan: Plan;
  readonly cookie: CookieSession | null;
  attempts: number;
}

type Result = 'ok' | 'error' | 'unreachable' | 'silent' | 'cut';

/** What an end says of the instance. */
export function resultOf({ outcome, failure, status }: AttemptEnd): Result {
  if (outcome === 'cut') return 'cut';
  if (failure === 'connect') return 'unreachable';
  if (failure !== null) return 'error';
  if (outcome === 'finished') return (status ?? 0) >= 500 ? 'error' : 'ok';
  return 'silent';
}
