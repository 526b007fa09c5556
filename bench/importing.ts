// What `import 'lastcall'` costs: a process that imports the lifecycle against one that imports nothing, and the bytes of
// code that are loaded.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { summarise } from './measure.ts';
import type { Bench } from './table.ts';

const ENTRY = new URL('../dist/lifecycle/index.js', import.meta.url);

/** Prints the milliseconds that an import took. */
function probe(specifier: string): string {
  return `
const started = performance.now();
await import(${JSON.stringify(specifier)});
const tookMs = performance.now() - started;
console.log(JSON.stringify({ tookMs }));
`;
}

export const importing: Bench = {
  about: "import 'lastcall' as published: milliseconds and bytes of code (npm run build first)",
  async *run({ quick }) {
    statSync(ENTRY); // without a build there is nothing to measure
    const rounds = quick ? 7 : 25;
    const imports: number[] = [];
    const builtin: number[] = [];
    const whole: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const subject = run(probe(ENTRY.href));
      const http = run(probe('node:http'));
      const nothing = run(probe('node:process'));
      if (round === 0) continue; // warms the file cache
      imports.push(subject.tookMs);
      builtin.push(http.tookMs);
      whole.push(subject.wallMs);
      bare.push(nothing.wallMs);
    }
    const options = { bench: 'importing', unit: 'ms', rounds };
    yield {
      ...summarise('import lastcall', 'import node:http', imports, builtin, {
        ...options,
        case: 'import inside the process',
      }),
      counts: { bytes: bytesLoaded() },
    };
    yield summarise('node + lastcall', 'node', whole, bare, { ...options, case: 'whole process' });
  },
};

function run(code: string): { tookMs: number; wallMs: number } {
  const started = performance.now();
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  const wallMs = performance.now() - started;
  return { ...(JSON.parse(result.stdout) as { tookMs: number }), wallMs };
}

/** Sum of the sizes of all our modules that the import loads, told by a resolve hook. */
function bytesLoaded(): number {
  const probe = `
import { registerHooks } from 'node:module';
const seen = [];
registerHooks({ resolve(specifier, context, next) { const found = next(specifier, context); seen.push(found.url); return found; } });
await import(${JSON.stringify(ENTRY.href)});
console.log(JSON.stringify(seen.filter((url) => url.startsWith('file:'))));
`;
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', probe], { encoding: 'utf8' });
  const urls = new Set(JSON.parse(result.stdout) as string[]);
  return [...urls].reduce((sum, url) => sum + statSync(fileURLToPath(url)).size, 0);
}
