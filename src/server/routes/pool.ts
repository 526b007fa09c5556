// The pool: GPUs and ports, who holds them, and what was put aside.
import type { Scheduler } from '../../scheduler/index.ts';
import { ok, route, type Route } from '../route.ts';
import { noBody, resourceId } from '../schemas.ts';

export function poolRoutes(scheduler: Scheduler): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/pool',
      role: 'viewer',
      summary: 'GPUs, ports, nodes, and what is quarantined',
      handle: async () => ok(scheduler.pool()),
    }),
    route({
      method: 'POST',
      path: '/v1/pool/{resource}/check',
      role: 'user',
      summary: 'Prove a quarantined resource again, now',
      params: resourceId,
      body: noBody,
      async handle({ params: { resource } }) {
        await scheduler.check(resource);
        return ok(scheduler.pool());
      },
    }),
    route({
      method: 'POST',
      path: '/v1/pool/{resource}/clear',
      role: 'admin',
      summary: "Call a quarantined resource free on an operator's word",
      params: resourceId,
      body: noBody,
      async handle({ caller, params: { resource } }) {
        await scheduler.clear(resource, caller.owner);
        return ok(scheduler.pool());
      },
    }),
  ];
}
