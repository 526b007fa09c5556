// Makes of src/ what is published: JavaScript (bundle.ts) and declarations (tsc with tsconfig.build.json: no tests, no
// drills), and checks that every file that package.json promises is there.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface Manifest {
  version: string;
  files: readonly string[];
  bin: Readonly<Record<string, string>>;
  exports: Readonly<Record<string, string | { types: string; default: string }>>;
  dependencies: Readonly<Record<string, string>>;
  devDependencies: Readonly<Record<string, string>>;
}

export function readManifest(root = ROOT): Manifest {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
}

/** @throws Error with what the compiler or the bundler said */
export function compile(outDir: string): void {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  run('the compiler found mistakes', [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', outDir]);
  for (const file of globSync('**/*.d.ts', { cwd: outDir })) nameJavaScript(join(outDir, file));
  run('the bundler failed', [join(import.meta.dirname, 'bundle.ts'), outDir]);
  // Shell scripts stay beside what was the module that starts them; tsc has made the folders.
  for (const script of globSync('**/*.sh', { cwd: join(ROOT, 'src'), exclude: ['**/testdata/**'] })) {
    copyFileSync(join(ROOT, 'src', script), join(outDir, script));
  }
  const promised = Object.values(readManifest().exports).flatMap((entry) =>
    typeof entry === 'string' ? [] : Object.values(entry),
  );
  for (const path of promised) {
    const built = path.replace('./dist', outDir);
    if (!existsSync(built)) throw new Error(`package.json exports ${path}, and the build has no such file`);
  }
}

/** Shell scripts stay beside what was the module that starts them. */
export function copyScripts(outDir: string): void {
  for (const script of globSync('**/*.sh', { cwd: join(ROOT, 'src') })) {
    mkdirSync(dirname(join(outDir, script)), { recursive: true });
    copyFileSync(join(ROOT, 'src', script), join(outDir, script));
  }
}

function run(failure: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${failure}:\n${stdout}${stderr}`);
}

/** tsc leaves `./x.ts` in declarations, where not every tool finds the `./x.d.ts` that is meant. */
function nameJavaScript(file: string): void {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/((?:from|import\()\s*(['"])\.{1,2}\/[^'"]+)\.ts\2/g, '$1.js$2'));
}
