// The routes behind one HTTP server: every request has its place and its caller checked, what comes in is checked by the
// route's schemas, and whatever goes wrong is told as problem details (RFC 9457).
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ZodType } from 'zod';
import { LastcallError } from '../base/errors.ts';
import { problem, problemOf, type Problem } from '../lifecycle/control/problem.ts';
import { type Access, Refusal, requireRole } from './access.ts';
import { openApi } from './openapi.ts';
import type { Asked, Route } from './route.ts';

const BODY_BYTES_MAX = 4 * 2 ** 20;
const HEADERS_MS_MAX = 10_000;
const REQUEST_MS_MAX = 60_000;
const CONNECTIONS_MAX = 4_096;
const KEEP_ALIVE_MS = 75_000;

export function createApp(routes: readonly Route[], access: Access, version: string): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    // Idle connections are the drain's business (lifecycle/http).
    forceCloseConnections: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_MS_MAX,
    http: { headersTimeout: HEADERS_MS_MAX },
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: (error, _request, reply) => {
      void refuse(reply, problem(error.statusCode ?? 400, 'usage', error.message, 'Correct the request.'));
    },
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  takeEmptyBodies(app);
  app.addHook('onRequest', async (request) => access.checkPlace(request));
  app.setErrorHandler((error, _request, reply) => answerError(reply, error));
  app.setNotFoundHandler((request, reply) => {
    const detail = `there is no ${request.method} ${request.url.split('?', 1)[0]}`;
    return refuse(reply, problem(404, 'not_found', detail, 'GET /openapi.json lists what there is.'));
  });
  for (const route of routes) addRoute(app, route, access);
  const document = openApi(routes, version);
  app.get('/openapi.json', async () => document);
  return app;
}

/** Clients send DELETE and POST without a body, with and without a content type. */
function takeEmptyBodies(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    const text = body as string;
    if (text === '') return done(null, undefined);
    try {
      done(null, JSON.parse(text));
    } catch {
      done(new Refusal(problem(400, 'usage', 'the body is no JSON', 'Send a JSON object.')));
    }
  });
}

function addRoute(app: FastifyInstance, route: Route, access: Access): void {
  app.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    handler: async (request, reply) => {
      const caller = access.caller(request);
      requireRole(caller, route.role);
      const asked = {
        caller,
        request,
        reply,
        params: checked(route.params, request.params, 'path'),
        query: checked(route.query, request.query, 'query'),
        body: checked(route.body, request.body, 'body'),
      };
      const answer = await route.handle(asked as unknown as Asked<never, never, never>);
      if (answer === undefined) return reply.hijack();
      return reply.code(answer.status).send(answer.body);
    },
  });
}

/** @throws Refusal 400 that names the field */
function checked(schema: ZodType | null, given: unknown, part: string): unknown {
  if (schema === null) {
    const extra = part === 'query' ? Object.keys((given as object | undefined) ?? {})[0] : undefined;
    if (extra === undefined) return undefined;
    throw new Refusal(problem(400, 'usage', 'there is no such parameter', 'Leave it out.', extra));
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = [...(issue?.path ?? []), ...(issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])];
  const hint = `Correct the ${part}; GET /openapi.json says what it may have.`;
  throw new Refusal(problem(400, 'usage', issue?.message ?? 'not understood', hint, field.join('.') || part));
}

function answerError(reply: FastifyReply, error: unknown): FastifyReply {
  if (error instanceof Refusal) return refuse(reply.headers(error.headers), error.problem);
  const { statusCode: status, message } = error as { statusCode?: number; message: string };
  if (!(error instanceof LastcallError) && status !== undefined && status < 500) {
    return refuse(reply, problem(status, 'usage', message, 'Correct the request.'));
  }
  return refuse(reply, problemOf(error));
}

function refuse(reply: FastifyReply, what: Problem): FastifyReply {
  return reply.code(what.status).type('application/problem+json').send(what);
}

/** The name that a request gave itself, for its answer to be the same when it comes again. @throws Refusal */
export function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,200}$/.test(key)) return key;
  throw new Refusal(
    problem(400, 'usage', 'it has other than 1 to 200 visible ASCII characters', 'Use a UUID.', 'Idempotency-Key'),
  );
}
