// A local HTTP server that answers as a test says and remembers who asked what.
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Served {
  /** `http://127.0.0.1:PORT`. */
  readonly base: string;
  readonly port: number;
  readonly asked: readonly Asked[];
}

export interface ServedAnswer {
  readonly status: number;
  readonly body?: string;
}

/** Closed after the test. */
export async function serve(t: TestContext, answer: (asked: Asked) => ServedAnswer): Promise<Served> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
      asked.push(one);
      const { status, body: text = '' } = answer(one);
      response.writeHead(status).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { base: `http://127.0.0.1:${port}`, port, asked };
}
