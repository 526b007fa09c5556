// Records that somebody else put there, or that are damaged: they lead nowhere, and keep nobody from starting.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { newId } from '../base/id.ts';
import { messageOf } from '../base/errors.ts';
import { thisProcess } from '../base/process-identity.ts';
import { reportDeadUnits } from './running-record.ts';
import { newDirectory } from './testing/program.ts';

function planted(t: TestContext, records: Readonly<Record<string, unknown>>): string {
  const stateDir = newDirectory(t);
  for (const inside of ['running', 'reports']) mkdirSync(join(stateDir, inside));
  for (const [file, record] of Object.entries(records)) {
    writeFileSync(join(stateDir, 'running', file), typeof record === 'string' ? record : JSON.stringify(record));
  }
  return stateDir;
}

/** As a unit that is gone leaves it: this process's, of an earlier start of it. */
function recordOf(instance: string): Record<string, unknown> {
  const unit = {
    identity: { kind: 'unit', name: 'api', instance, pid: 1, host: 'here' },
    state: { config: { graceSource: 'default' }, stages: [], released: {}, signals: [], checkpoint: null },
    ledger: { counts: { accepted: 0, unknown: 0 }, lostIds: [], inFlightIds: [], inFlightAnonymous: 0 },
    workOf: 'work',
    parts: [],
    reports: [],
  };
  const gone = { ...thisProcess(), startTime: 'earlier' };
  return { schema: 'lastcall.running/1', process: gone, journalledAtMs: 0, unit };
}

function skippedBy(stateDir: string): { reports: string[]; skipped: Record<string, string> } {
  const skipped: Record<string, string> = {};
  const reports = reportDeadUnits(stateDir, 'api', (file, why) => (skipped[file] = messageOf(why)));
  return { reports: reports.map(({ unit }) => unit.instance), skipped };
}

test('a record leads to no file outside: it is called what its file is called, and that is an id', (t) => {
  const mine = newId('unit', 0);
  const stateDir = planted(t, {
    [`${mine}.json`]: recordOf(mine),
    [`${newId('unit', 1)}.json`]: recordOf('../../escaped'),
    [`${newId('unit', 2)}.json`]: recordOf(newId('unit', 3)),
    'x.json': recordOf('x'),
  });
  const victim = join(stateDir, '..', 'escaped.json');
  const { reports, skipped } = skippedBy(stateDir);
  assert.deepEqual(reports, [mine]);
  assert.equal(Object.keys(skipped).length, 3);
  assert.deepEqual(readdirSync(join(stateDir, 'reports')), [`${mine}.json`]);
  assert.equal(existsSync(victim), false);
  assert.equal(existsSync(join(stateDir, 'running', `${mine}.json`)), false);
});

test('damaged records, and what is no file, are skipped one by one, and the others are reported', (t) => {
  const last = newId('unit', 9);
  const { unit: _, ...unitless } = recordOf(last);
  const damaged: unknown[] = [
    unitless,
    '{"schema":',
    { ...unitless, unit: 7 },
    { ...unitless, unit: { identity: null } },
  ];
  const names = damaged.map((_record, index) => `${newId('unit', index)}.json`);
  const stateDir = planted(t, Object.fromEntries(names.map((name, index) => [name, damaged[index]])));
  writeFileSync(join(stateDir, 'running', `${last}.json`), JSON.stringify(recordOf(last)));
  const pipe = `${newId('unit', 8)}.json`;
  execFileSync('mkfifo', [join(stateDir, 'running', pipe)]);
  const { reports, skipped } = skippedBy(stateDir);
  assert.deepEqual(reports, [last]);
  assert.deepEqual(Object.keys(skipped), [...names, pipe]);
  assert.match(skipped[names[0]!]!, /not the record of the unit in its name/);
});

test('a record that is JSON but nothing of ours, or of another version, is left alone', (t) => {
  const names = [0, 1].map((ms) => `${newId('unit', ms)}.json`);
  const stateDir = planted(t, { [names[0]!]: 'null', [names[1]!]: { schema: 'lastcall.running/2' } });
  assert.deepEqual(skippedBy(stateDir), { reports: [], skipped: {} });
  assert.equal(readdirSync(join(stateDir, 'running')).length, 2);
});
