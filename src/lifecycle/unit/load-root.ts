// Loads late.ts at once, at the time when a unit needs it: a report may have to be written inside `process.exit()`, where
// nothing can be awaited. `require` of an ES module is what Node offers for that.
import type * as late from './late.ts';

export function loadLate(): typeof late {
  // The checkout runs .ts files, the published package .js.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const { createRequire } = process.getBuiltinModule('node:module');
  return createRequire(import.meta.url)(`./late.${extension}`) as typeof late;
}
