import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { regionsFromCsv } from './csv.ts';
import { readRegions } from './index.ts';
import { writeDatabase } from './testing/mmdb.ts';

const CSV = 'network,region\n10.0.0.0/8,EU\n10.1.0.0/16,DE\n10.1.2.3,HOME\n2001:db8::/32,SIX\n0.0.0.0/0,ANY\n';

function file(t: TestContext, name: string, content: string | Uint8Array): string {
  const directory = mkdtempSync(join(tmpdir(), 'geo-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, name), content);
  return join(directory, name);
}

test('the regions of an address are those of all networks around it, the narrowest first', () => {
  const regionsOf = regionsFromCsv(CSV, 'regions.csv');
  assert.deepEqual(regionsOf('10.1.2.3'), ['HOME', 'DE', 'EU', 'ANY']);
  assert.deepEqual(regionsOf('10.9.9.9'), ['EU', 'ANY']);
  assert.deepEqual(regionsOf('::ffff:10.1.0.1'), ['DE', 'EU', 'ANY']);
  assert.deepEqual(regionsOf('2001:db8:1::7'), ['SIX']);
  assert.deepEqual(regionsOf('2001:db9::'), []);
  assert.deepEqual(regionsOf('nonsense'), []);
});

test('a line that is no network and region is refused with its number', () => {
  assert.throws(() => regionsFromCsv('10.0.0.0/8,EU\n10.0.0.0/33,DE\n', 'r.csv'), /^LastcallError: r\.csv:2: /);
  assert.throws(() => regionsFromCsv('10.0.0.0/8,EU\n10.1.0.0/16\n', 'r.csv'), /r\.csv:2/);
});

test('a MaxMind database tells subdivision, country and continent', (t) => {
  const database = writeDatabase([
    ['10.1.0.0/16', { country: { iso_code: 'DE' }, continent: { code: 'EU' }, subdivisions: [{ iso_code: 'BY' }] }],
    ['10.2.0.0/16', { country: { iso_code: 'US' } }],
  ]);
  const regionsOf = readRegions(file(t, 'geo.mmdb', database));
  assert.deepEqual(regionsOf('10.1.200.1'), ['DE-BY', 'DE', 'EU']);
  assert.deepEqual(regionsOf('10.2.0.1'), ['US']);
  assert.deepEqual(regionsOf('10.3.0.1'), []);
  assert.deepEqual(regionsOf('nonsense'), []);
});

test('a file that is no database, or is not there, is refused', (t) => {
  assert.throws(() => readRegions(file(t, 'geo.mmdb', 'hello')), /no MaxMind database/);
  assert.throws(() => readRegions('/nowhere/geo.mmdb'), /ENOENT/);
});
