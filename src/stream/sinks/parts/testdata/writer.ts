// A process that writes parts until it is killed: epochs of a few outputs each, their number counted in the same
// transaction. argv: database, directory. One line on stdout after each epoch.
import { DatabaseSync } from 'node:sqlite';
import { jsonlFiles } from '../jsonl-files.ts';

const [, , path, directory] = process.argv;
const database = new DatabaseSync(path!);
database.exec('PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS done (id INTEGER PRIMARY KEY, outputs INTEGER)');
const open = await jsonlFiles<{ n: number }>(directory!, { partBytes: 400 }).open({ database, directory: '', pipeline: 'test' });
await open.recover();
const done = database.prepare('SELECT outputs FROM done WHERE id = 1').get()?.['outputs'];
let next = typeof done === 'number' ? done : 0;
const write = database.prepare('INSERT OR REPLACE INTO done VALUES (1, ?)');
for (let epoch = 1; ; epoch++) {
  for (const end = next + (epoch % 7); next < end; next++) {
    open.add({ n: next }, { partition: 0, ordinal: 0, position: () => [next + 1] });
  }
  await open.prepare?.(epoch);
  database.exec('BEGIN IMMEDIATE');
  open.commit(epoch);
  write.run(next);
  database.exec('COMMIT');
  await open.published?.(epoch);
  process.stdout.write(`${epoch}\n`);
}
