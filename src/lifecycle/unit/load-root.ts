// Loads root.ts, and with it all that stands around a unit in its process, when the first root unit is made: it is half
// as much again as the rest of `import 'lastcall'`. At once, since making a unit awaits nothing; `require` of an ES module
// is what Node offers for that.
import type * as root from './root.ts';

export function loadRoot(): typeof root {
  // The checkout runs .ts files, the published package .js.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const { createRequire } = process.getBuiltinModule('node:module');
  return createRequire(import.meta.url)(`./root.${extension}`) as typeof root;
}
