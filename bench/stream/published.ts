// The package as a user has it: built as it is published, installed into a folder of its own, with the pipeline as a
// program that imports 'lastcall/stream'. What is measured is what they would get.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The user's program: the example, and what makes a subject of it. */
const PROGRAM = [
  'examples/flights/pipeline.ts',
  'examples/flights/limited.ts',
  'bench/usage.ts',
  'bench/stream/flights.ts',
  'bench/stream/lastcall/pipeline.ts',
];
/** As files of this repository name the package. */
const OWN_IMPORT = /'(?:\.\.\/)+src\/stream\/index\.ts'/g;

export interface Published {
  /** Where the program is, by the same paths as here. */
  readonly app: string;
  /** The command `lastcall`. */
  readonly bin: string;
  readonly pipeline: string;
}

/** @param under a folder to install into @throws Error with what the bundler said */
export function installPublished(under: string): Published {
  const packages = join(under, 'node_modules');
  const own = join(packages, 'lastcall');
  mkdirSync(own, { recursive: true });
  for (const name of ['package.json', 'bin']) cpSync(join(ROOT, name), join(own, name), { recursive: true });
  const bundler = join(ROOT, 'scripts', 'package', 'bundle.ts');
  const { status, stderr } = spawnSync(process.execPath, [bundler, join(own, 'dist')], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the package cannot be built:\n${stderr}`);
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), 'vega-datasets']) {
    mkdirSync(dirname(join(packages, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(packages, name));
  }
  writeFileSync(join(under, 'package.json'), JSON.stringify({ type: 'module' }));
  for (const path of PROGRAM) {
    mkdirSync(dirname(join(under, path)), { recursive: true });
    const text = readFileSync(join(ROOT, path), 'utf8');
    writeFileSync(join(under, path), text.replaceAll(OWN_IMPORT, `'lastcall/stream'`));
  }
  return { app: under, bin: join(own, 'bin', 'lastcall.js'), pipeline: join(under, PROGRAM.at(-1)!) };
}
