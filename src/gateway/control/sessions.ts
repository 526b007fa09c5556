// The sticky cookie that an answer gives the client.
import type { Random } from '../../base/random.ts';
import type { CookieSession, Plan } from '../core/plan.ts';
import { cohortOf } from '../core/cohort.ts';
import type { CookieRules } from '../config/compile.ts';
import type { SessionCookies } from './session-cookie.ts';

/** Tries to find a position that has the version: of a version with 1 % about one in a hundred has it. */
const DRAWS_MAX = 1_000;

/**
 * The cookie for the answer, or null if the client has the right one. The cohort is drawn among those that have the version
 * which served the first request, so the second one is served by the same; afterwards only weights move it.
 */
export function answeredCookie(
  cookies: SessionCookies,
  plan: Plan,
  brought: CookieSession | null,
  instance: string,
  rules: CookieRules,
  random: Random,
): string | null {
  if (brought?.instance === instance) return null;
  const cohort = brought?.cohort ?? drawCohort(plan, random);
  return cookies.write(plan.route.model, { instance, cohort }, rules);
}

function drawCohort(plan: Plan, random: Random): number {
  let cohort = 0;
  for (let attempt = 0; attempt < DRAWS_MAX; attempt++) {
    cohort = random.below(2 ** 32);
    if (cohortOf(cohort, plan.model.weights) === plan.ticket.version) break;
  }
  return cohort;
}
