// tini, a small init: the peer of the benchmark of `lastcall run`. It has no server.
import { debian } from './sources/debian.ts';
import type { Service } from './types.ts';

export const tini: Service = { name: 'tini', source: debian({ packages: ['tini'] }) };
