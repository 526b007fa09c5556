// zsh and fish from Debian, whose completions of `lastcall` are tried in the shells themselves. They have no server.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { debian } from './sources/debian.ts';
import type { Service } from './types.ts';

const packages = debian({ packages: ['zsh', 'zsh-common', 'fish', 'fish-common'] });

export const shells: Service = {
  name: 'shells',
  source: {
    ...packages,
    binaries: (folder) => [...packages.binaries(folder), join(folder, 'bin')],
    async fetch(folder, say) {
      const version = await packages.fetch(folder, say);
      // fish takes what lies beside it, rather than what is installed, only if it finds this as well.
      await mkdir(join(folder, 'usr/etc/fish'), { recursive: true });
      return version;
    },
  },
};
