// Whether the repository keeps the rules that no other tool knows.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../package/compile.ts';
import type { Step } from '../step.ts';
import type { RepositoryFile } from '../tidy/ban.ts';
import { BANS } from '../tidy/bans.ts';

export const structureStep: Step = {
  name: 'structure',
  async run() {
    const files = readRepository(ROOT);
    const offences = BANS.flatMap((ban) => ban(files));
    return { ok: offences.length === 0, output: offences.map(({ on, what }) => `${on}: ${what}\n`).join('') };
  },
};

/** Every file that Git has, or would take. */
function readRepository(root: string): RepositoryFile[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const paths = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
  return paths
    .split('\0')
    .filter(Boolean)
    .flatMap((path) => readOne(root, path));
}

function readOne(root: string, path: string): RepositoryFile[] {
  try {
    const content = readFileSync(join(root, path));
    return [{ path, text: content.includes(0) ? '' : content.toString() }];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // deleted, and not committed yet
    throw error;
  }
}
