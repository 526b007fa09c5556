// Takes the lock of a directory, says so, and holds it until its standard input ends: `hold-lock.ts DIRECTORY INSTANCE`.
// If the lock is taken it says why and ends.
import { writeSync } from 'node:fs';

import { messageOf } from '../../base/errors.ts';
import { lockDirectory } from '../lock.ts';

const [directory, instance] = process.argv.slice(2);
try {
  const abandonedBy = lockDirectory(directory!, instance!).abandonedBy?.instance ?? 'nobody';
  // The lock object is forgotten on purpose: being collected must not release it.
  globalThis.gc?.();
  writeSync(1, `held, abandoned by ${abandonedBy}\n`);
  process.stdin.resume();
} catch (error) {
  writeSync(1, `${messageOf(error)}\n`);
}
