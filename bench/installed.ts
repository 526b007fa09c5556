// The package as a user has it: built as it is published, and installed into a folder of its own. What is measured is what
// they would get.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyScripts } from '../scripts/package/compile.ts';

export const ROOT = fileURLToPath(new URL('../', import.meta.url));

/**
 * @param under a folder to install into; programs there import 'lastcall'
 * @param beside packages that those programs need besides
 * @returns where the package is
 * @throws Error with what the bundler said
 */
export function installPackage(under: string, beside: readonly string[] = []): string {
  const packages = join(under, 'node_modules');
  const own = join(packages, 'lastcall');
  mkdirSync(own, { recursive: true });
  for (const name of ['package.json', 'bin']) cpSync(join(ROOT, name), join(own, name), { recursive: true });
  const bundler = join(ROOT, 'scripts', 'package', 'bundle.ts');
  const { status, stderr } = spawnSync(process.execPath, [bundler, join(own, 'dist')], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the package cannot be built:\n${stderr}`);
  copyScripts(join(own, 'dist'));
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), ...beside]) {
    mkdirSync(dirname(join(packages, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(packages, name));
  }
  writeFileSync(join(under, 'package.json'), JSON.stringify({ type: 'module' }));
  return own;
}
