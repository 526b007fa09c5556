import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Books, modelConfig } from '../testing/books.ts';
import { cohortOf, userHashOf } from './cohort.ts';
import { cookieOf } from './cookies.ts';
import { claimOf } from './jwt.ts';
import { chooseVersion } from './split.ts';
import type { ModelConfig, RequestFacts } from './types.ts';

function facts(headers: RequestFacts['headers'] = {}, ip = '192.0.2.1'): RequestFacts {
  return { method: 'GET', host: 'api.example', path: '/', headers, ip };
}

function choose(config: Partial<ModelConfig> & { shares: Record<string, number> }, request: RequestFacts, uniform = 0) {
  const books = new Books([modelConfig(config)], {});
  const { version, by } = chooseVersion(books.state.models.get('churn')!, null, request, null, uniform);
  return `${version} by ${by}`;
}

const shares = { v1: 100, v2: 0 };
const split = {
  headers: [
    { name: 'x-model-version', fits: null, version: null },
    { name: 'x-tier', fits: (value: string) => value === 'gold', version: 'v2' },
  ],
  cookies: [{ name: 'model_version', fits: null, version: null }],
  user: { from: 'header', name: 'x-user-id' } as const,
  geo: {
    regionsOf: (ip: string) => (ip === '198.51.100.7' ? ['DE-BE', 'DE', 'EU'] : []),
    versions: new Map([['DE', 'v2']]),
  },
};

test('header comes before cookie, cookie before user, user before region, region before weights', () => {
  const german = '198.51.100.7';
  const all = { 'x-model-version': 'v2', cookie: 'model_version=v1', 'x-user-id': 'u' };
  assert.equal(choose({ shares, split }, facts(all)), 'v2 by header');
  assert.equal(choose({ shares, split }, facts({ 'x-tier': 'gold', cookie: 'model_version=v1' })), 'v2 by header');
  assert.equal(choose({ shares, split }, facts({ cookie: 'a=b; model_version=v2', 'x-user-id': 'u' })), 'v2 by cookie');
  assert.equal(choose({ shares, split }, facts({ 'x-user-id': 'u' }, german)), 'v1 by user');
  assert.equal(choose({ shares, split }, facts({}, german)), 'v2 by geo');
  assert.equal(choose({ shares, split }, facts()), 'v1 by weights');
});

test('a name of a version that does not exist decides nothing', () => {
  assert.equal(
    choose({ shares, split }, facts({ 'x-model-version': 'v9', cookie: 'model_version=v2' })),
    'v2 by cookie',
  );
  assert.equal(choose({ shares, split }, facts({ 'x-model-version': '__proto__' })), 'v1 by weights');
});

test('weights share out who is not recognised', () => {
  const drawn = Array.from({ length: 1_000 }, (_, index) =>
    choose({ shares: { v1: 3, v2: 1 } }, facts(), index / 1_000),
  );
  assert.equal(drawn.filter((version) => version.startsWith('v2')).length, 250);
});

test('cohorts have the size of their weights', () => {
  const weights = new Map([
    ['v1', 75],
    ['v2', 20],
    ['v3', 5],
  ]);
  const counts = new Map<string, number>();
  for (let user = 0; user < 40_000; user++) {
    const version = cohortOf(userHashOf('churn', `user-${user}`), weights)!;
    counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  for (const [version, weight] of weights) {
    const share = counts.get(version)! / 400;
    assert(Math.abs(share - weight) < 1, `${version} has ${share} % instead of ${weight} %`);
  }
});

test('moving a weight from 5 to 25 moves nobody who had v2 back to v1', () => {
  for (let user = 0; user < 20_000; user++) {
    const hash = userHashOf('churn', `user-${user}`);
    const before = cohortOf(
      hash,
      new Map([
        ['v1', 95],
        ['v2', 5],
      ]),
    );
    const after = cohortOf(
      hash,
      new Map([
        ['v1', 75],
        ['v2', 25],
      ]),
    );
    assert(before !== 'v2' || after === 'v2', `user ${user}`);
  }
});

test('users move only to versions that gained against the one they leave', () => {
  const weight = fc.integer({ min: 0, max: 100 });
  const weights = fc.array(weight, { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(fc.string(), fc.tuple(weights, weights), (user, [first, second]) => {
      const names = first.map((_, index) => `v${index}`).slice(0, second.length);
      const before = new Map(names.map((name, index) => [name, first[index]!]));
      const after = new Map(names.map((name, index) => [name, second[index]!]));
      const hash = userHashOf('churn', user);
      const from = cohortOf(hash, before);
      const to = cohortOf(hash, after);
      if (from === to || from === null || to === null) return;
      assert(after.get(to)! * before.get(from)! > before.get(to)! * after.get(from)!, `${from} → ${to}`);
    }),
    { numRuns: 2_000 },
  );
});

test('a cookie is found among others, quoted or not, and never by a part of its name', () => {
  assert.equal(cookieOf('a=1; SESSION_ID=x', 'SESSION_ID'), 'x');
  assert.equal(cookieOf('SESSION_ID="x y"', 'SESSION_ID'), 'x y');
  assert.equal(cookieOf('MY_SESSION_ID=x; SESSION_ID_2=y', 'SESSION_ID'), '');
  assert.equal(cookieOf('a=1;SESSION_ID=', 'SESSION_ID'), '');
  assert.equal(cookieOf(undefined, 'SESSION_ID'), '');
  assert.equal(cookieOf('x='.padEnd(100_000, 'y') + ';SESSION_ID=z', 'SESSION_ID'), '');
});

test('a claim of a bearer token is read, and nonsense is nobody', () => {
  const token = `x.${Buffer.from(JSON.stringify({ sub: 'zoë', n: 7, o: {} })).toString('base64url')}.y`;
  assert.equal(claimOf(`Bearer ${token}`, 'sub'), 'zoë');
  assert.equal(claimOf(`bearer ${token}`, 'n'), '7');
  for (const header of ['', 'Bearer ', 'Bearer a.b.c', 'Basic eA==', `Bearer ${'a.'.repeat(9_000)}`]) {
    assert.equal(claimOf(header, 'sub'), '', header.slice(0, 20));
  }
  assert.equal(claimOf(`Bearer ${token}`, 'o'), '');
  assert.equal(claimOf(`Bearer ${token}`, 'toString'), '');
});
