#!/usr/bin/env node
// The `lastcall` command. Plain JavaScript, so that an old Node gets a sentence instead of a syntax error.
// oxlint-disable-next-line lastcall/ts-imports -- plain JavaScript as well
import { hearEarlyStops } from './early-stop.js';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

hearEarlyStops(process.argv.slice(2));
const major = Number(process.versions.node.split('.')[0]);
if (process.platform === 'win32') {
  process.stderr.write('lastcall: Windows is not supported; use Linux, macOS or WSL 2.\n');
  process.exit(2);
}
if (major < 24) {
  process.stderr.write(
    `lastcall: needs Node 24 or newer, and this is ${process.version}. Install Node 24, then run it again.\n`,
  );
  process.exit(2);
}
// A checkout runs its sources; the published package has only dist/.
const source = new URL('../src/cli/main.ts', import.meta.url);
const built = new URL('../dist/cli/main.js', import.meta.url);
const isCheckout = existsSync(source);
// Compiling sources anew costs 90 ms a start. The cache is the checkout's own: one shared in /tmp could be poisoned.
if (isCheckout) {
  // Imported here, since an old Node does not have it and is to get the sentence above.
  const { enableCompileCache } = await import('node:module');
  enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url)));
}
const { main } = await import(isCheckout ? source.href : built.href);
await main(process.argv.slice(2));
