// Every service there is. Adding one: a file beside this one, and a line here.
import { ansible } from './ansible.ts';
import { bytewax } from './bytewax.ts';
import { faketime } from './faketime.ts';
import { kubernetes } from './kubernetes.ts';
import { logScripts } from './log-scripts.ts';
import { mlServers } from './ml-servers.ts';
import { nginx } from './nginx.ts';
import { prometheus } from './prometheus.ts';
import { pythonServers } from './python-servers.ts';
import { redis } from './redis.ts';
import { shells } from './shells.ts';
import { tini } from './tini.ts';
import type { Service } from './types.ts';

export const SERVICES: readonly Service[] = [
  ansible,
  bytewax,
  faketime,
  kubernetes,
  logScripts,
  mlServers,
  nginx,
  prometheus,
  pythonServers,
  redis,
  shells,
  tini,
];

export type ServiceName =
  | 'ansible'
  | 'bytewax'
  | 'faketime'
  | 'kubernetes'
  | 'log-scripts'
  | 'ml-servers'
  | 'nginx'
  | 'prometheus'
  | 'python-servers'
  | 'redis'
  | 'shells'
  | 'tini';

/** @throws Error that names the services there are */
export function findService(name: string): Service {
  const found = SERVICES.find((service) => service.name === name);
  if (found) return found;
  throw new Error(`there is no service ${name}; there are: ${SERVICES.map((service) => service.name).join(', ')}`);
}
