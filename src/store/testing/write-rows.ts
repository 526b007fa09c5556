// Commits row after row and says each number only when COMMIT has returned: `write-rows.ts DATABASE [ROWS]`. It goes on
// from the last row that is there. With an error of ours it says the code and ends with 3.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';

import { LastcallError } from '../../base/errors.ts';
import { migrate } from '../migrations.ts';
import { openSqlite } from '../sqlite.ts';
import { transaction } from '../transaction.ts';

const [path, rows = 'Infinity'] = process.argv.slice(2);
try {
  const database = openSqlite(path!);
  // Small, so that kills and faults also hit checkpoints.
  database.exec('PRAGMA wal_autocheckpoint = 8');
  migrate(database, 'rows', ['CREATE TABLE counted (n INTEGER PRIMARY KEY, padding BLOB NOT NULL) STRICT']);
  const last = Number(database.prepare('SELECT coalesce(max(n), 0) AS n FROM counted').get()!['n']);
  const insert = database.prepare('INSERT INTO counted VALUES (?, ?)');
  writeSync(1, `${last}\n`);
  for (let n = last + 1; n <= last + Number(rows); n++) {
    transaction(database, () => insert.run(n, randomBytes(1_500)));
    writeSync(1, `${n}\n`);
  }
} catch (error) {
  if (!(error instanceof LastcallError)) throw error;
  writeSync(1, `${error.code}\n`);
  process.exitCode = 3;
}
