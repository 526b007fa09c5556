// Servers of the ML trade, for the drill's table of real servers (about a gigabyte). Started by the drill itself.
import { python } from './sources/python.ts';
import type { Service } from './types.ts';

export const mlServers: Service = {
  name: 'ml-servers',
  source: python({
    packages: ['mlflow==3.17.2', 'tensorboard==2.21.0', 'jupyter_server==2.21.1', 'setuptools==65.5.0'],
  }),
};
