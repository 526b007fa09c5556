// Packages of PyPI in a virtual environment of their own; versions are pinned by whoever asks.
import { join } from 'node:path';
import type { Source } from '../types.ts';
import { commandWorks, runCommand } from './command.ts';

export interface PythonOptions {
  /** `name==version` each. */
  packages: readonly string[];
}

export function python({ packages }: PythonOptions): Source {
  return {
    contents: `python ${packages.join(' ')}`,
    impossible() {
      if (!commandWorks('python3', ['--version'])) return 'python3 is not installed';
      if (!commandWorks('python3', ['-c', 'import venv, ensurepip']))
        return 'python3 lacks venv (Debian: python3-venv)';
      return undefined;
    },
    async fetch(folder, say) {
      say('making a virtual environment');
      await runCommand('python3', ['-m', 'venv', folder], folder);
      say(`downloading ${packages.join(', ')}`);
      const quiet = ['--quiet', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'];
      // Wheels only: a source package would run its build script, and need compilers.
      await runCommand(
        join(folder, 'bin', 'pip'),
        ['install', ...quiet, '--only-binary', ':all:', ...packages],
        folder,
      );
      return packages.join(' ');
    },
    binaries: (folder) => [join(folder, 'bin')],
    environment: () => ({ PYTHONDONTWRITEBYTECODE: '1' }),
  };
}
