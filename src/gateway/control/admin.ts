// The admin API over HTTP: the operations of the gateway behind a key. It listens on loopback unless it is told
// otherwise; the key is in STATE/gateway/NAME/admin.key, which only this user can read.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fastify, type FastifyInstance } from 'fastify';
import { LastcallError, messageOf } from '../../base/errors.ts';
import { writeFileDurablySync } from '../../base/files/index.ts';
import { ulid } from '../../base/id.ts';
import { problemOf } from '../../lifecycle/control/problem.ts';
import type { ControlHandler } from '../../lifecycle/index.ts';

const BODY_BYTES_MAX = 1_048_576;

/** The key of this directory, made at the first start. */
export function adminKey(directory: string, wallMs: number): string {
  const path = join(directory, 'admin.key');
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const key = `lck_${ulid(wallMs, randomBytes(10))}_${randomBytes(32).toString('base64url')}`;
  writeFileDurablySync(path, `${key}\n`);
  return key;
}

/** Compares by hashes, so that neither length nor beginning of the key shows in the time it takes. */
export function keyCheck(key: string): (given: string) => boolean {
  const wanted = hashOf(key);
  return (given) => timingSafeEqual(hashOf(given), wanted);
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

export async function startAdmin(
  address: { readonly host: string; readonly port: number },
  routes: Readonly<Record<string, ControlHandler>>,
  isAdmin: (key: string) => boolean,
): Promise<FastifyInstance> {
  const server = fastify({
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 512 },
  });
  server.addHook('onRequest', async (request, reply) => {
    const key = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (key !== undefined && isAdmin(key)) return;
    await reply.code(401).header('www-authenticate', 'Bearer').type('application/problem+json').send({
      title: 'Unauthorized',
      status: 401,
      code: 'unauthorized',
      detail: 'this needs the key of the gateway',
      hint: 'Send `Authorization: Bearer KEY`; the key is in admin.key of its state directory.',
    });
  });
  for (const [route, handler] of Object.entries(routes)) {
    const [method = 'GET', url = '/'] = route.split(' ');
    server.route({
      method,
      url,
      handler: async (request, reply) => {
        const { status, body } = await handler({
          params: request.params as Readonly<Record<string, string>>,
          body: request.body ?? undefined,
        });
        return reply.code(status).send(body);
      },
    });
  }
  server.setErrorHandler(async (error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode;
    const known = status === undefined ? problemOf(error) : { ...problemOf(asUsage(error)), status };
    return reply.code(known.status).type('application/problem+json').send(known);
  });
  try {
    await server.listen(address);
  } catch (error) {
    throw new LastcallError('io', {
      what: `the admin API cannot listen: ${messageOf(error)}`,
      on: `${address.host}:${address.port}`,
      todo: 'Choose another `admin` address.',
      cause: error,
    });
  }
  return server;
}

/** What Fastify refused by itself: a body that is no JSON, too large, or of another type. */
function asUsage(error: Error): LastcallError {
  return new LastcallError('usage', { what: messageOf(error), todo: 'Correct the request.' });
}
