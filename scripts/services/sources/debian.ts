// Debian packages, unpacked beside the project: no root, nothing of the system changes. Libraries that this machine
// lacks come along. The machine's package lists are used if they know the package; else lists of our own are fetched.
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Say, Source } from '../types.ts';
import { commandWorks, runCommand } from './command.ts';

export interface DebianOptions {
  packages: readonly string[];
  /** Dependencies that are not needed for what we do. */
  without?: RegExp;
}

const PROGRAMS = ['apt-get', 'dpkg', 'dpkg-deb'];

export function debian({ packages, without }: DebianOptions): Source {
  return {
    contents: `debian ${packages.join(' ')} without ${without?.source ?? 'nothing'}`,
    impossible() {
      const missing = PROGRAMS.filter((program) => !commandWorks(program, ['--version']));
      return missing.length === 0 ? undefined : `no ${missing.join(', ')} here: not a Debian system`;
    },
    async fetch(folder, say) {
      const downloads = await mkdtemp(join(folder, '.downloads-'));
      await download(packages, without, downloads, say);
      const files = (await readdir(downloads)).filter((file) => file.endsWith('.deb'));
      say(`unpacking ${files.length} packages`);
      for (const file of files) await runCommand('dpkg-deb', ['--extract', join(downloads, file), folder], folder);
      const first = files.find((file) => file.startsWith(`${packages[0]}_`)) ?? '';
      const version = await runCommand('dpkg-deb', ['--field', join(downloads, first), 'Version'], folder);
      await rm(downloads, { recursive: true });
      return version.trim();
    },
    binaries: (folder) => ['usr/bin', 'usr/sbin'].map((path) => join(folder, path)),
    environment: (folder) => ({ LD_LIBRARY_PATH: `${folder}/usr/lib/${triplet()}:${folder}/lib/${triplet()}` }),
  };
}

async function download(packages: readonly string[], without: RegExp | undefined, downloads: string, say: Say) {
  const attempt = async (options: readonly string[]): Promise<void> => {
    const wanted = await withMissingLibraries(packages, options, downloads);
    const chosen = wanted.filter((name) => !without?.test(name));
    say(`downloading ${chosen.join(', ')}`);
    await runCommand('apt-get', [...options, 'download', ...chosen], downloads);
  };
  try {
    await attempt([]);
  } catch {
    say('the package lists of this machine do not do; fetching lists of our own');
    await attempt(await ownLists(downloads));
  }
}

/** The packages themselves, and those of their dependencies that are not installed on this machine. */
async function withMissingLibraries(packages: readonly string[], options: readonly string[], cwd: string) {
  const simulation = ['--simulate', 'install', '--no-install-recommends', ...packages];
  const plan = await runCommand('apt-get', [...options, ...simulation], cwd);
  const planned = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '');
  return [...new Set([...packages, ...planned])];
}

/** Options that make apt keep its state in a folder of ours, after it has fetched the lists there. */
async function ownLists(folder: string): Promise<string[]> {
  const state = join(folder, 'apt');
  for (const path of ['lists/partial', 'archives/partial']) await mkdir(join(state, path), { recursive: true });
  const options = [`Dir::State::lists=${state}/lists`, `Dir::Cache=${state}`, `Dir::Cache::archives=${state}/archives`];
  const args = options.flatMap((option) => ['-o', option]);
  await runCommand('apt-get', [...args, 'update'], folder);
  return args;
}

function triplet(): string {
  return process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
}
