// An ingest that listens on a free port, and a sender for it.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { OpenSource, SourceContext } from '../../../ports.ts';
import { httpIngest, type HttpIngestOptions } from '../ingest.ts';

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly retryAfter: string | null;
}

export interface Ingest {
  readonly source: OpenSource;
  readonly url: string;
  readonly post: (body: string | Buffer, headers?: Record<string, string>) => Promise<Answer>;
}

/** A source that is open and listens. */
export async function listening(
  context: TestContext,
  directory: string,
  options: Partial<HttpIngestOptions<object>> = {},
  before: (source: OpenSource) => void = () => {},
): Promise<Ingest> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const source = await httpIngest({ port: 0, onListening: resolve, ...options }).open({ directory } as SourceContext);
  context.after(() => source.close());
  before(source);
  assert.equal(
    await source.read(0, options.inboxMax === undefined ? [] : [0], 1, new AbortController().signal),
    'idle',
  );
  const url = `${await promise}${options.path ?? '/records'}`;
  return {
    source,
    url,
    post: async (body, headers = {}) => {
      const answer = await fetch(url, {
        method: 'POST',
        body: body as string,
        headers: { 'content-type': 'application/json', ...headers },
      });
      return {
        status: answer.status,
        body: (await answer.json()) as Record<string, unknown>,
        retryAfter: answer.headers.get('retry-after'),
      };
    },
  };
}
