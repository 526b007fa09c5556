// `npm run executable -- [FILE]`: the `lastcall` command as one file that needs no Node, no npm and no network: Node's single
// executable application (https://nodejs.org/api/single-executable-applications.html). The package and what it needs at run time
// are inside; the first start of a version unpacks them (main.cjs).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { readManifest, ROOT } from '../compile.ts';
import { stagePackage } from '../stage.ts';
import { pack } from './pack.ts';
import { runtimePackages } from './runtime-packages.ts';

/** By this Node finds that it has an application inside. Given by its documentation. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** @param target where the executable goes @returns its size in bytes */
export function buildExecutable(target: string): number {
  const folder = join(ROOT, '.cache', `executable-${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    const content = join(folder, 'content');
    stagePackage(content);
    for (const path of runtimePackages(ROOT)) cpSync(join(ROOT, path), join(content, path), { recursive: true });
    const archive = pack(content);
    const hash = createHash('sha256').update(archive).digest('hex');
    writeFileSync(join(folder, 'archive'), archive);
    writeFileSync(join(folder, 'identity'), `${readManifest().version}-${hash.slice(0, 16)}`);
    return inject(folder, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function inject(folder: string, target: string): number {
  const blob = join(folder, 'blob');
  const settings = {
    main: join(import.meta.dirname, 'main.cjs'),
    output: blob,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    assets: { archive: join(folder, 'archive'), identity: join(folder, 'identity') },
  };
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  run(process.execPath, ['--experimental-sea-config', join(folder, 'settings.json')]);
  mkdirSync(dirname(resolve(target)), { recursive: true });
  rmSync(target, { force: true });
  copyFileSync(process.execPath, target);
  chmodSync(target, 0o755);
  const postject = createRequire(import.meta.url).resolve('postject/dist/cli.js');
  run(process.execPath, [postject, target, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE]);
  return readFileSync(target).length;
}

function run(program: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args[0]} failed:\n${stdout}${stderr}`);
}

if (process.argv[1] === import.meta.filename) {
  const target = process.argv[2] ?? join(ROOT, 'dist-executable', `lastcall-${process.platform}-${process.arch}`);
  const bytes = buildExecutable(target);
  process.stdout.write(`${target}: ${Math.round(bytes / 2 ** 20)} MiB\n`);
}
