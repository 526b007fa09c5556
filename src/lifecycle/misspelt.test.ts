// Programs without a type check: units, their parts and their servers refuse options that they do not know.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { LastcallError } from '../base/errors.ts';
import { drainHttp } from './http/index.ts';
import { newDirectory } from './testing/program.ts';
import type { DrainHttpOptions } from './http/index.ts';
import type { PartOptions, UnitOptions } from './types.ts';
import { unit } from './unit.ts';

function isRefusal(on: string, meant: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof LastcallError, String(error));
    assert.deepEqual([error.code, error.on], ['usage', on]);
    assert.match(error.todo, new RegExp(`^Did you mean ${meant}\\? Known are: `));
    return true;
  };
}

test('an option of a unit that is misspelt is refused with the one that was meant', () => {
  const misspelt = { gracee: '5s', ownsProcess: false } as UnitOptions;
  assert.throws(() => unit('x', misspelt), isRefusal('unit: gracee', 'grace'));
});

test('a unit without a name is refused', () => {
  assert.throws(() => unit(undefined as unknown as string, { ownsProcess: false }), /a unit's name has 1 to 200/);
});

test('an option of a part that is misspelt is refused, and the unit ends as if it had not been tried', async (t) => {
  const options = { ownsProcess: false, control: false, stateDir: newDirectory(t), log: false } as const;
  const api = unit('api', options);
  const misspelt = { optinal: true } as PartOptions;
  assert.throws(() => api.part('worker', misspelt), isRefusal('part: optinal', 'optional'));
  await api.ready();
  const report = await api.stop();
  assert.deepEqual([report.exitCode, report.parts], [0, []]);
});

test('an option of drainHttp that is misspelt is refused with the one that was meant', () => {
  const misspelt = { readyness: '/readyz' } as DrainHttpOptions;
  assert.throws(() => drainHttp(createServer(), misspelt), isRefusal('drainHttp: readyness', 'readiness'));
});
