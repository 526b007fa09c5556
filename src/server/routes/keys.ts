// Keys: made, listed and revoked by administrators. A key is shown once, when it is made.
import type { Clock } from '../../base/clock.ts';
import { LastcallError } from '../../base/errors.ts';
import type { Keys } from '../keys.ts';
import { ok, route, type Route } from '../route.ts';
import { keyId, keyRequest } from '../schemas.ts';

export function keyRoutes(keys: Keys | null, clock: Clock): readonly Route[] {
  const all = (): Keys => {
    if (keys) return keys;
    throw new LastcallError('usage', { what: 'this server runs without keys', todo: 'Start it without --no-keys.' });
  };
  return [
    route({
      method: 'POST',
      path: '/v1/keys',
      role: 'admin',
      summary: 'Make a key',
      body: keyRequest,
      handle: async ({ body }) => ({ status: 201, body: all().create(body.owner, body.role, clock.wallMs()) }),
    }),
    route({
      method: 'GET',
      path: '/v1/keys',
      role: 'admin',
      summary: 'List keys',
      handle: async () => ok({ keys: all().list() }),
    }),
    route({
      method: 'DELETE',
      path: '/v1/keys/{id}',
      role: 'admin',
      summary: 'Revoke a key, at once',
      params: keyId,
      async handle({ params }) {
        all().revoke(params.id);
        return ok({ id: params.id, revoked: true });
      },
    }),
  ];
}
