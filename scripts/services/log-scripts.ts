// jq and Miller, with which people look through logs today: the peers of the benchmark of reconcile. They have no server.
import { debian } from './sources/debian.ts';
import type { Service } from './types.ts';

export const logScripts: Service = { name: 'log-scripts', source: debian({ packages: ['jq', 'miller'] }) };
