import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { Outputs } from './outputs.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lastcall-outputs-'));
});
after(() => rm(directory, { recursive: true }));

function tableOf(name: string, ids: readonly number[]): Outputs {
  const path = join(directory, name);
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE predictions (id INTEGER, p REAL, y INTEGER)');
  const insert = database.prepare('INSERT INTO predictions VALUES (?, 0.25, 1)');
  for (const id of ids) insert.run(id);
  database.close();
  return new Outputs(path);
}

test('the audit finds every row that is missing, doubled or nobody’s', () => {
  const count = (ids: readonly number[]) => {
    const { rows, lost, doubled, foreign } = tableOf(`ids-${ids.join('-')}`, ids).audit(5);
    return { rows, lost, doubled, foreign };
  };
  assert.deepEqual(count([0, 1, 2, 3, 4]), { rows: 5, lost: 0, doubled: 0, foreign: 0 });
  assert.deepEqual(count([0, 1, 3, 4]), { rows: 4, lost: 1, doubled: 0, foreign: 0 });
  assert.deepEqual(count([0, 1, 2, 3, 4, 4, 4]), { rows: 7, lost: 0, doubled: 2, foreign: 0 });
  assert.deepEqual(count([0, 1, 1, 4, 5, 6]), { rows: 6, lost: 2, doubled: 1, foreign: 2 });
});

test('the audit tells orders and contents apart', () => {
  const hash = (name: string, ids: readonly number[]) => tableOf(name, ids).audit(3).sha256;
  assert.equal(hash('a', [0, 1, 2]), hash('b', [0, 1, 2]));
  assert.notEqual(hash('c', [0, 1, 2]), hash('d', [1, 0, 2]));
});

test('rows are read from where the reader is, and a database without the table has none', () => {
  const outputs = tableOf('rows', [0, 1, 2]);
  let taken = 0;
  assert.equal(
    outputs.read(1, () => taken++),
    2,
  );
  assert.equal(taken, 2);
  const empty = new DatabaseSync(join(directory, 'empty'));
  empty.exec('PRAGMA user_version = 1');
  empty.close();
  assert.equal(new Outputs(join(directory, 'empty')).count(), 0);
});
