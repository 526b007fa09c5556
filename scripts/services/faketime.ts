// libfaketime from Debian: steps the wall clock of one process, for the drill's fault `clock-step`. It has no server.
import { debian } from './sources/debian.ts';
import type { Service } from './types.ts';

export const faketime: Service = {
  name: 'faketime',
  source: debian({ packages: ['libfaketime'] }),
};
