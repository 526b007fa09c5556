// Bytewax, the peer of the stream benchmark, in a Python environment of its own. It has no server.
import { python } from './sources/python.ts';
import type { Service } from './types.ts';

export const bytewax: Service = {
  name: 'bytewax',
  source: python({ packages: ['bytewax==0.21.1', 'pyarrow==26.0.1'] }),
};
