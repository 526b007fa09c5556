// A server that belongs to a real unit, in this process, and clients that do what clients do. The unit does not own the
// process, so that a test sees its report instead of an exit.
import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type Agent,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

import { temporaryDirectory } from '../../../base/files/testing/temporary-directory.ts';
import type { StageName } from '../../core/types.ts';
import type { Unit, UnitOptions } from '../../types.ts';
import { unit as createUnit } from '../../unit.ts';
import { drainHttp, SWEEP_EVERY_MS, type DrainHttpOptions } from '../drain.ts';
import { until } from '../../testing/until.ts';
import type { HttpServer } from '../server.ts';

export interface ServeOptions {
  readonly unit?: UnitOptions;
  readonly drain?: DrainHttpOptions;
}

/** A unit that stops when the test is over, if it has not stopped before. */
export function testUnit(t: TestContext, options: UnitOptions = {}): Unit {
  const unit = createUnit('api', {
    ownsProcess: false,
    control: false,
    log: false,
    stateDir: temporaryDirectory(t),
    workOf: 'requests',
    announce: 'never',
    grace: '60s',
    ...options,
  });
  t.after(() => unit.stop({ deadline: 1 }));
  return unit;
}

/** `server` in front of a ready unit, listening on loopback. */
export async function serve<Server extends HttpServer>(
  t: TestContext,
  server: Server,
  options: ServeOptions = {},
): Promise<{ unit: Unit; port: number; server: Server }> {
  const unit = testUnit(t, options.unit);
  unit.use(drainHttp(server, options.drain));
  // Only where a test fails does it still listen by then.
  t.after(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await unit.ready();
  return { unit, server, port: (server.address() as AddressInfo).port };
}

/** Settles when a stage of the ending begins. */
export function stageBegins(unit: Unit, stage: StageName): Promise<void> {
  return new Promise((resolve) => {
    unit.on((event) => {
      if (event.event === 'stage_started' && event.stage === stage) resolve();
    });
  });
}

/** Settles when idle connections have been looked for a few times. */
export async function someSweeps(): Promise<void> {
  let count = 0;
  const timer = setInterval(() => count++, SWEEP_EVERY_MS);
  await until(() => count >= 4, 'sweeps');
  clearInterval(timer);
}

/** A plain server whose connections stay open long, as behind a load balancer. */
export function keepAliveServer(listener: RequestListener): ReturnType<typeof createServer> {
  return createServer({ keepAliveTimeout: 120_000 }, listener);
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Ask {
  readonly agent?: Agent;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** One request, answered completely; rejects if it is not. */
export async function ask(
  port: number,
  path: string,
  { agent, method = 'GET', headers = {}, body }: Ask = {},
): Promise<Answer> {
  const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: agent ?? false }).end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  if (!response.complete) throw new Error('the answer was cut');
  return { status: response.statusCode!, headers: response.headers, body: text };
}

/** A client that sends and sees bytes. */
export class RawClient {
  readonly socket: Socket;
  /** Everything that came so far. */
  text = '';
  /** Settles when the server has closed the connection, with how. */
  readonly closed: Promise<'end' | 'reset'>;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => (this.text += String(chunk)));
    this.closed = new Promise((resolve) => {
      socket.once('end', () => resolve('end'));
      socket.once('error', () => resolve('reset'));
    });
  }

  static async connect(t: TestContext, port: number): Promise<RawClient> {
    const client = new RawClient(connect(port, '127.0.0.1'));
    t.after(() => client.socket.destroy());
    await once(client.socket, 'connect');
    return client;
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  get(path: string): this {
    return this.send(`GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`);
  }

  /** Settles once `text` holds what is looked for. */
  async sees(wanted: string | RegExp): Promise<void> {
    const found = () => (typeof wanted === 'string' ? this.text.includes(wanted) : wanted.test(this.text));
    while (!found()) {
      if (this.socket.readableEnded || this.socket.destroyed)
        throw new Error(`closed before ${String(wanted)}: ${this.text}`);
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]);
    }
  }
}
