// Which version serves a request, in the order of the issue: header, cookie, user, region, weights. What names a version
// that does not exist is passed by. Pure: a random number comes in and is used only for clients that nobody recognises.
import { cohortOf, drawVersion, userHashOf } from './cohort.ts';
import { cookieOf } from './cookies.ts';
import { claimOf } from './jwt.ts';
import { firstOf } from './routes.ts';
import type { ModelState, NamedRule, RequestFacts, UserKey } from './types.ts';

export interface VersionChoice {
  readonly version: string;
  /** The client named it, so no other will do. */
  readonly pinned: boolean;
  readonly by: 'route' | 'header' | 'cookie' | 'user' | 'geo' | 'cohort' | 'weights' | 'none';
  /** The part of the request that decided, for the explanation. */
  readonly because: string;
}

/**
 * @param cohort position that our own cookie carries, 32 bits; null: none
 * @param uniform in [0, 1)
 */
export function chooseVersion(
  model: ModelState,
  only: string | null,
  facts: RequestFacts,
  cohort: number | null,
  uniform: number,
): VersionChoice {
  if (only !== null) return { version: only, pinned: true, by: 'route', because: 'the route serves this version' };
  const { split, versions, name } = model.config;
  for (const rule of split.headers) {
    const version = namedVersion(rule, firstOf(facts.headers[rule.name]), versions);
    if (version !== null) return { version, pinned: true, by: 'header', because: rule.name };
  }
  for (const rule of split.cookies) {
    const version = namedVersion(rule, cookieOf(facts.headers['cookie'], rule.name), versions);
    if (version !== null) return { version, pinned: true, by: 'cookie', because: rule.name };
  }
  const user = split.user === null ? '' : userKeyOf(split.user, facts);
  if (user !== '') {
    const version = cohortOf(userHashOf(name, user), model.weights);
    if (version !== null) return { version, pinned: false, by: 'user', because: split.user!.name };
  }
  if (split.geo !== null) {
    const { versions: versionOf, regionsOf } = split.geo;
    const region = regionsOf(facts.ip).find((name) => versionOf.has(name));
    if (region !== undefined) return { version: versionOf.get(region)!, pinned: false, by: 'geo', because: region };
  }
  const known = cohort === null ? null : cohortOf(cohort, model.weights);
  if (known !== null) return { version: known, pinned: false, by: 'cohort', because: 'the cohort of the cookie' };
  const drawn = drawVersion(uniform, model.weights);
  if (drawn !== null) return { version: drawn, pinned: false, by: 'weights', because: 'drawn' };
  return { version: versions.keys().next().value ?? '', pinned: false, by: 'none', because: 'no version has a weight' };
}

function namedVersion(rule: NamedRule, value: string, versions: ReadonlyMap<string, unknown>): string | null {
  if (value === '') return null;
  const version = rule.fits === null ? value : rule.fits(value) ? rule.version : null;
  return version !== null && versions.has(version) ? version : null;
}

export function userKeyOf(key: UserKey, facts: RequestFacts): string {
  switch (key.from) {
    case 'header':
      return firstOf(facts.headers[key.name]);
    case 'cookie':
      return cookieOf(facts.headers['cookie'], key.name);
    default:
      return claimOf(firstOf(facts.headers['authorization']), key.name);
  }
}
