// What `import 'lastcall'` costs as published: a process that imports it against one that imports nothing, the first unit
// besides, and the bytes of code that the import loads.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackage } from './installed.ts';
import { summarise } from './measure.ts';
import type { Bench } from './table.ts';

const IMPORT = `await import('lastcall');`;
const HTTP = `await import('node:http');`;
const FIRST_UNIT = `const { unit } = await import('lastcall'); unit('bench', { ownsProcess: false, control: false, log: false });`;

export const importing: Bench = {
  about: "import 'lastcall' as published: milliseconds and bytes of code",
  async *run({ quick }) {
    const app = mkdtempSync(join(tmpdir(), 'lastcall-bench-'));
    try {
      installPackage(app);
      const rounds = quick ? 7 : 25;
      const imports: number[] = [];
      const units: number[] = [];
      const builtin: number[] = [];
      const whole: number[] = [];
      const bare: number[] = [];
      for (let round = 0; round <= rounds; round++) {
        const subject = timed(app, IMPORT);
        const unit = timed(app, FIRST_UNIT);
        const http = timed(app, HTTP);
        const nothing = timed(app, '');
        if (round === 0) continue; // warms the file cache
        imports.push(subject.tookMs);
        units.push(unit.tookMs);
        builtin.push(http.tookMs);
        whole.push(subject.wallMs);
        bare.push(nothing.wallMs);
      }
      const options = { bench: 'importing', unit: 'ms', rounds };
      const counts = { bytes: bytesLoaded(app) };
      const inside = { ...options, case: 'import inside the process' };
      yield { ...summarise('import lastcall', 'import node:http', imports, builtin, inside), counts };
      const first = { ...options, case: 'import and the first unit' };
      yield summarise('import lastcall and unit()', 'import node:http', units, builtin, first);
      yield summarise('node + lastcall', 'node', whole, bare, { ...options, case: 'whole process' });
    } finally {
      rmSync(app, { recursive: true });
    }
  },
};

/** @returns how long `code` took, and how long the process that ran it and nothing else */
function timed(app: string, code: string): { tookMs: number; wallMs: number } {
  const program = `const started = performance.now(); ${code} console.log(performance.now() - started); process.exit();`;
  const startedMs = performance.now();
  const tookMs = Number(run(app, program));
  return { tookMs, wallMs: performance.now() - startedMs };
}

/** Sum of the sizes of all our modules that the import loads, told by a resolve hook. */
function bytesLoaded(app: string): number {
  const urls = run(
    app,
    `
import { registerHooks } from 'node:module';
const seen = new Set();
registerHooks({ resolve(specifier, context, next) { const found = next(specifier, context); seen.add(found.url); return found; } });
await import('lastcall');
console.log([...seen].filter((url) => url.startsWith('file:')).join(' '));
`,
  );
  return urls
    .trim()
    .split(' ')
    .reduce((sum, url) => sum + statSync(fileURLToPath(url)).size, 0);
}

function run(app: string, program: string): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: app,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`a measured program failed:\n${stderr}`);
  return stdout;
}
