// Loads disk.ts at once, at the time when a unit needs it: a report may have to be written inside `process.exit()`, where
// nothing can be awaited. `require` of an ES module is what Node offers for that.
import { createRequire } from 'node:module';
import type * as disk from './disk.ts';

export function loadDisk(): typeof disk {
  // The checkout runs .ts files, the published package .js.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return createRequire(import.meta.url)(`./disk.${extension}`) as typeof disk;
}
