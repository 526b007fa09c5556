// The HTTP side of an ingest: `POST path`, answered 202 only when the records are durable. Every refusal says what to do,
// as problem details (RFC 9457), and refusals for want of room say when to come again.
import { createHash, timingSafeEqual } from 'node:crypto';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { LastcallError, messageOf } from '../../../base/errors.ts';
import { readBody, Refused, type BodyRules } from './body.ts';
import { boundedServer, refuseUnreadable } from './connections.ts';
import type { GroupCommit } from './group-commit.ts';

export interface ServerRules extends BodyRules {
  readonly path: string;
  readonly bodyBytesMax: number;
  /** Records that may wait for their transaction. */
  readonly waitingMax: number;
  /** Bearer token that requests must carry; null: none, and only this machine's names as Host. */
  readonly token: string | null;
  /** Records that still fit the inbox. */
  readonly room: () => number;
}

const RETRY_AFTER_S = 1;

export function ingestServer(rules: ServerRules, commits: GroupCommit): FastifyInstance {
  const app = fastify({
    bodyLimit: rules.bodyBytesMax,
    forceCloseConnections: 'idle',
    serverFactory: boundedServer,
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: (error, _request, reply) => void problem(reply, error.statusCode ?? 400, error.message),
  });
  app.removeAllContentTypeParsers();
  const types = ['application/json', 'application/x-ndjson', 'application/jsonl'];
  app.addContentTypeParser(types, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error instanceof Refused ? error.status : (error.statusCode ?? 500);
    return problem(reply, status, status < 500 ? error.message : 'the records could not be stored; send them again');
  });
  app.setNotFoundHandler((_request, reply) => problem(reply, 404, `records are sent by POST ${rules.path}`));
  app.addHook('onRequest', async (request, reply) => {
    const refusal = refusedAccess(request, rules.token);
    if (refusal) await problem(reply, refusal.status, refusal.detail);
  });
  app.post(rules.path, (request, reply) => accept(request, reply, rules, commits));
  return app;
}

async function accept(
  request: FastifyRequest,
  reply: FastifyReply,
  rules: ServerRules,
  commits: GroupCommit,
): Promise<unknown> {
  if (rules.room() <= 0) return busy(reply, 503, 'the inbox is full: records are not processed as fast as they come');
  if (commits.records >= rules.waitingMax) return busy(reply, 429, 'too many records are waiting to be stored');
  const key = request.headers['idempotency-key'];
  if (key !== undefined && (typeof key !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(key))) {
    throw new Refused(400, 'the Idempotency-Key has other than 1 to 200 visible ASCII characters');
  }
  const lines = !request.headers['content-type']?.startsWith('application/json');
  if (!Buffer.isBuffer(request.body)) throw new Refused(400, 'the request has no body');
  const submission = readBody(request.body, lines, key ?? null, rules);
  try {
    return await reply.code(202).send(await commits.submit(submission));
  } catch (error) {
    if (!(error instanceof LastcallError)) throw error;
    return busy(reply, 503, `the records could not be stored: ${messageOf(error)}`);
  }
}

function refusedAccess(request: FastifyRequest, token: string | null): { status: number; detail: string } | null {
  if (token !== null) {
    const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    return timingSafeEqual(digest(given), digest(token))
      ? null
      : { status: 401, detail: 'the bearer token is missing or wrong' };
  }
  // A web page that a browser on this machine shows could otherwise reach us under a name of its own (DNS rebinding).
  const name = request.hostname.replace(/^\[(.*)\]$/, '$1');
  const isLocal = name === 'localhost' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name);
  return isLocal ? null : { status: 421, detail: `this is not ${name}` };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function busy(reply: FastifyReply, status: 429 | 503, detail: string): FastifyReply {
  return problem(reply.header('retry-after', RETRY_AFTER_S), status, detail);
}

function problem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply.code(status).type('application/problem+json').send({ status, detail });
}
