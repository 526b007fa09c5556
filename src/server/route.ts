// What a route is: method, path, who may ask, the schemas that check what comes in and that the OpenAPI document is made from,
// and what it does.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ZodType } from 'zod';
import type { Caller, Role } from './keys.ts';

export interface Asked<Params, Query, Body> {
  readonly caller: Caller;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With `{name}` parameters. */
  readonly path: string;
  readonly role: Role;
  readonly summary: string;
  readonly params: ZodType | null;
  readonly query: ZodType | null;
  readonly body: ZodType | null;
  /** undefined: it has answered by itself (a stream). */
  handle(asked: Asked<never, never, never>): Promise<Answer | undefined>;
}

interface Schemas<Params, Query, Body> {
  readonly method: Route['method'];
  readonly path: string;
  readonly role: Role;
  readonly summary: string;
  readonly params?: ZodType<Params>;
  readonly query?: ZodType<Query>;
  readonly body?: ZodType<Body>;
  handle(asked: Asked<Params, Query, Body>): Promise<Answer | undefined>;
}

/** Declares a route; the types of what `handle` gets follow from its schemas. */
export function route<Params = undefined, Query = undefined, Body = undefined>(
  given: Schemas<Params, Query, Body>,
): Route {
  return { ...given, params: given.params ?? null, query: given.query ?? null, body: given.body ?? null };
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}
