// `npm run build`, also before packing: makes dist/ anew.
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compile, ROOT } from './package/compile.ts';

const fresh = join(ROOT, '.cache', `build-${process.pid}`);
const dist = join(ROOT, 'dist');
mkdirSync(fresh, { recursive: true });
try {
  compile(fresh);
  rmSync(dist, { recursive: true, force: true });
  renameSync(fresh, dist);
} catch (error) {
  process.stderr.write(`build: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
