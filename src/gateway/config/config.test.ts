import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LastcallError } from '../../base/errors.ts';
import { loadConfig, parseConfig } from './load.ts';

const GOOD = `
listen: 127.0.0.1:8080
models:
  churn:
    versions:
      v1: { instances: [http://127.0.0.1:9001, { url: http://127.0.0.1:9002, name: second, weight: 2 }] }
      v2: { instances: [http://127.0.0.1:9003], rewrite: { from: /churn, to: /v2/churn } }
    weights: { v1: 95, v2: 5 }
    split:
      headers: [{ name: X-Model-Version }, { name: User-Agent, matches: ^canary/, version: v2 }]
      user: { header: X-User-Id }
    sticky: { appCookie: SESSION_ID }
    health: { path: /health }
routes:
  - path: /churn
    model: churn
    rateLimit: { replenishRate: 10, burstCapacity: 20, key: { header: X-Api-Key } }
`;

function refusal(text: string): string {
  try {
    parseConfig(text, 'gateway.yaml', '/nowhere/gateway.yaml');
  } catch (error) {
    assert(error instanceof LastcallError && error.code === 'usage');
    return error.message;
  }
  return assert.fail('it was taken');
}

/** The example with one line put in place of another. */
function changed(from: string | RegExp, to: string): string {
  const text = GOOD.replace(from, to);
  assert.notEqual(text, GOOD);
  return text;
}

test('a configuration is what it says', () => {
  const config = parseConfig(GOOD, 'gateway.yaml', '/nowhere/gateway.yaml');
  const churn = config.core.models.get('churn')!;
  assert.deepEqual(
    [...churn.weights],
    [
      ['v1', 95],
      ['v2', 5],
    ],
  );
  assert.deepEqual(
    config.pools.get('churn/v1')!.instances.map(({ id, weight }) => [id, weight]),
    [
      ['churn/v1/127.0.0.1:9001', 1],
      ['second', 2],
    ],
  );
  assert.equal(churn.split.headers[1]!.fits!('canary/7'), true);
  assert.equal(churn.split.headers[1]!.fits!('x canary/7'), false);
  assert.equal(churn.health.probed, true);
  const route = config.core.routes.all[0]!;
  assert.deepEqual(config.rules.get(route)!.rateLimit!.key, { header: 'x-api-key' });
});

test('weights that do not add up, versions and models that are not there, are refused with their line', () => {
  assert.match(
    refusal(changed('v2: 5 }', 'v2: 6 }')),
    /^gateway\.yaml:8, models\.churn\.weights: the weights add up to 101/,
  );
  assert.match(
    refusal(changed('v2: 5 }', 'v3: 5 }')),
    /^gateway\.yaml:8, models\.churn\.weights\.v3: there is no version v3/,
  );
  assert.match(
    refusal(changed(/    weights.*\n/, '')),
    /^gateway\.yaml:5, models\.churn\.versions: .*say their `weights`/,
  );
  assert.match(
    refusal(changed('model: churn\n', 'model: chrn\n')),
    /^gateway\.yaml:16, routes\.0\.model: .*did you mean churn\?/,
  );
  assert.match(refusal(changed('version: v2 }', 'version: v9 }')), /:10, .*there is no version v9/);
});

test('a burst below the rate is refused, since the rate could never be reached', () => {
  assert.match(
    refusal(changed('burstCapacity: 20', 'burstCapacity: 9')),
    /^gateway\.yaml:17, routes\.0\.rateLimit\.burstCapacity: a burst of 9 is less than the rate of 10/,
  );
});

test('a redis limit without a Redis, and an instance that is the gateway itself, are refused', () => {
  assert.match(refusal(changed('burstCapacity: 20', 'burstCapacity: 20, store: redis')), /say where: `redis: /);
  assert.match(refusal(changed('127.0.0.1:9003', '127.0.0.1:8080')), /:7, .*this is the gateway itself/);
  assert.match(refusal(changed('127.0.0.1:9002, name: second', '127.0.0.1:9001')), /:6, .*is named twice/);
});

test('keys that nobody reads are named with the one that was meant', () => {
  assert.match(
    refusal(changed('sticky:', 'stiky:')),
    /^gateway\.yaml:12, models\.churn\.stiky: .*Did you mean sticky\?/,
  );
  assert.match(
    refusal(changed('{ path: /health }', '{ pth: /health }')),
    /:13, models\.churn\.health\.pth: .*Did you mean path\?/,
  );
});

test('origins, paths, hosts, patterns and durations that are none are refused', () => {
  for (const bad of ['ftp://x', 'http://u:p@x', 'http://x/path', 'x', 'http://']) {
    assert.match(refusal(changed('http://127.0.0.1:9003', JSON.stringify(bad))), /gateway\.yaml:7/, bad);
  }
  assert.match(refusal(changed('path: /churn', 'path: //evil')), /is not a path/);
  assert.match(refusal(changed('path: /churn', 'path: /a/../b')), /is not a path/);
  assert.match(refusal(changed('- path: /churn', '- host: "x:80"')), /without a port/);
  assert.match(refusal(changed('^canary/', '"(a)\\\\1"')), /not a pattern in RE2 syntax/);
  assert.match(refusal(changed('{ path: /health }', '{ path: /health, every: 5 }')), /:13, /);
});

test('a pattern that hangs other engines is quick here', () => {
  const config = parseConfig(changed('^canary/', '"^(a+)+$"'), 'g.yaml', '/g.yaml');
  const fits = config.core.models.get('churn')!.split.headers[1]!.fits!;
  const started = performance.now();
  assert.equal(fits(`${'a'.repeat(8_000)}b`), false);
  // With backtracking this would take longer than the universe is old.
  assert(performance.now() - started < 20_000);
});

test('the section `gateway` of lastcall.yaml is read, and its settings are left alone', () => {
  const text = `grace: 30s\ngateway:\n${GOOD.replaceAll(/^(?=.)/gm, '  ')}`;
  assert.equal(parseConfig(text, 'lastcall.yaml', '/lastcall.yaml').core.routes.all.length, 1);
  assert.match(refusal(text.replace('v2: 5 }', 'v2: 6 }')), /gateway\.models\.churn\.weights: the weights add up/);
});

test('a file that others may write, is too large, or is not there is refused', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-config-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'g.yaml');
  assert.throws(() => loadConfig(path, directory), /ENOENT/);
  writeFileSync(path, GOOD, { mode: 0o600 });
  assert.equal(loadConfig(path, directory).core.models.size, 1);
  writeFileSync(path, `${GOOD}\n# ${'x'.repeat(17 * 2 ** 20)}\n`);
  assert.throws(() => loadConfig(path, directory), /At most/);
});
