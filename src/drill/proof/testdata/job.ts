// A job that does fifty pieces a second and writes each into its ledger, and goes on where it stopped when it is started
// again. `node job.ts MISTAKE IDS DIR`; `none` makes none.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [mistake = 'none', file = '', directory = ''] = process.argv.slice(2);
const PIECE_MS = 20;
const ids = readFileSync(file, 'utf8').trim().split('\n');
const ledger = join(directory, 'done.log');
const place = join(directory, 'place');

let next = existsSync(place) ? Number(readFileSync(place, 'utf8')) : 0;
process.on('SIGTERM', () => process.exit(0));
setInterval(() => {
  if (next === ids.length) process.exit(0);
  // Which of the two comes first decides what a signal in between does; here none comes, but the place may be wrong.
  appendFileSync(ledger, `{"id":"${ids[next]}","ok":true}\n`);
  next += 1;
  if (mistake === 'forgets-its-place' && next % 10 !== 0) return;
  writeFileSync(place, String(mistake === 'skips-some' ? next + 2 : next));
}, PIECE_MS);
