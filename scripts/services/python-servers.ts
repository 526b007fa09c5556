// Python's application servers, for the drill's table of real servers. Started by the drill itself.
import { python } from './sources/python.ts';
import type { Service } from './types.ts';

export const pythonServers: Service = {
  name: 'python-servers',
  source: python({ packages: ['uvicorn==0.54.0', 'gunicorn==26.2.0', 'hypercorn==0.18.0'] }),
};
