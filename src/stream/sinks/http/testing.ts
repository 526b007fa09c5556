// Another side for HTTP sinks: a real server that remembers what it got and answers as a test says.
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface Received {
  readonly key: string;
  readonly body: unknown;
  readonly headers: IncomingHttpHeaders;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  /** Every request, repetitions too. */
  readonly received: Received[];
  /** How to answer; by default 204. Set anew at will. */
  answer: (request: Received, response: ServerResponse) => void;
  /** Settles when `count` requests have come. */
  until(count: number): Promise<void>;
  /** Stops accepting and cuts what is open. */
  stop(): Promise<void>;
}

/** @param port 0: any free one */
export async function receiver(context: TestContext, port = 0): Promise<Receiver> {
  const received: Received[] = [];
  const arrivals = new EventEmitter();
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(pieces).toString());
      const got = { key: request.headers['idempotency-key'] as string, body, headers: request.headers };
      received.push(got);
      self.answer(got, response);
      arrivals.emit('one');
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  context.after(stop);
  const address = server.address() as AddressInfo;
  const self: Receiver = {
    url: `http://127.0.0.1:${address.port}/outputs`,
    port: address.port,
    received,
    answer: (_, response) => response.writeHead(204).end(),
    async until(count) {
      while (received.length < count) await once(arrivals, 'one');
    },
    stop,
  };
  return self;
}
