// The package as a user has it, with the pipeline as a program that imports 'lastcall/stream'.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installPackage, ROOT } from '../installed.ts';

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
  const own = installPackage(under, ['vega-datasets']);
  for (const path of PROGRAM) {
    mkdirSync(dirname(join(under, path)), { recursive: true });
    const text = readFileSync(join(ROOT, path), 'utf8');
    writeFileSync(join(under, path), text.replaceAll(OWN_IMPORT, `'lastcall/stream'`));
  }
  return { app: under, bin: join(own, 'bin', 'lastcall.js'), pipeline: join(under, PROGRAM.at(-1)!) };
}
