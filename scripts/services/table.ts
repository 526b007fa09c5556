// Every service there is. Adding one: a file beside this one, and a line here.
import { bytewax } from './bytewax.ts';
import { faketime } from './faketime.ts';
import { kubernetes } from './kubernetes.ts';
import { prometheus } from './prometheus.ts';
import type { Service } from './types.ts';

export const SERVICES: readonly Service[] = [bytewax, faketime, kubernetes, prometheus];

export type ServiceName = 'bytewax' | 'faketime' | 'kubernetes' | 'prometheus';

/** @throws Error that names the services there are */
export function findService(name: string): Service {
  const found = SERVICES.find((service) => service.name === name);
  if (found) return found;
  throw new Error(`there is no service ${name}; there are: ${SERVICES.map((service) => service.name).join(', ')}`);
}
