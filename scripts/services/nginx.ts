// nginx from Debian, for the drill's table of real servers. Started by the drill itself.
import { debian } from './sources/debian.ts';
import type { Service } from './types.ts';

export const nginx: Service = {
  name: 'nginx',
  source: debian({ packages: ['nginx'] }),
};
