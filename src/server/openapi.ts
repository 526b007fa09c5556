// The OpenAPI 3.1 document, made from the routes and the schemas that check their requests, so that it cannot say anything else.
import { z, type ZodType } from 'zod';
import type { Route } from './route.ts';

export function openApi(routes: readonly Route[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const operations = (paths[route.path] ??= {});
    operations[route.method.toLowerCase()] = operationOf(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Lastcall',
      version,
      description: 'Scheduler, keys and units. Errors are problem details (RFC 9457).',
    },
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
    security: [{ key: [] }],
    paths,
  };
}

function operationOf({ summary, role, params, query, body }: Route): Record<string, unknown> {
  return {
    summary,
    'x-role': role,
    parameters: [...parametersOf('path', params), ...parametersOf('query', query)],
    ...(body === null ? {} : { requestBody: { content: { 'application/json': { schema: schemaOf(body) } } } }),
    responses: {
      200: { description: 'Done' },
      default: { description: 'Refused', content: { 'application/problem+json': {} } },
    },
  };
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

function parametersOf(where: 'path' | 'query', schema: ZodType | null): unknown[] {
  if (schema === null) return [];
  const { properties = {}, required = [] } = schemaOf(schema) as ObjectSchema;
  return Object.entries(properties).map(([name, value]) => {
    return { name, in: where, required: where === 'path' || required.includes(name), schema: value };
  });
}

function schemaOf(schema: ZodType): unknown {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
