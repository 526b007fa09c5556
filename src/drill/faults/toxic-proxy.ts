// A proxy between the target and something that it depends on, on loopback: it passes bytes on until it is told to delay
// them, to swallow them, to reset every connection, or to refuse.
import { connect, createServer, type Server, type Socket } from 'node:net';

export type Toxicity = 'none' | 'slow' | 'reset' | 'black-hole' | 'down';

const DELAY_MS = 1_000;
/** Pairs at once; one more is refused. */
const PAIRS_MAX = 1_000;

export class ToxicProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #upstream: { readonly host: string; readonly port: number };
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #toxicity: Toxicity = 'none';

  private constructor(server: Server, upstream: { readonly host: string; readonly port: number }) {
    this.#server = server;
    this.#upstream = upstream;
    this.port = (server.address() as { port: number }).port;
    server.on('connection', (client: Socket) => this.#accept(client));
  }

  static async listen(upstream: { readonly host: string; readonly port: number }): Promise<ToxicProxy> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new ToxicProxy(server, upstream);
  }

  become(toxicity: Toxicity): void {
    this.#toxicity = toxicity;
    if (toxicity === 'reset' || toxicity === 'down') this.#cutAll();
    if (toxicity === 'down') this.#server.close();
  }

  async close(): Promise<void> {
    this.#cutAll();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    client.on('error', () => {}); // either side may cut; the other is cut below
    if (this.#toxicity === 'reset' || this.#pairs.size >= PAIRS_MAX) return void client.resetAndDestroy();
    const upstream = connect({ ...this.#upstream, noDelay: true });
    const pair = [client, upstream] as const;
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    upstream.on('error', end);
    client.on('close', end);
    upstream.on('close', end);
    this.#pass(client, upstream);
    this.#pass(upstream, client);
  }

  #pass(from: Socket, to: Socket): void {
    from.on('data', (bytes) => {
      if (this.#toxicity === 'black-hole') return;
      if (this.#toxicity === 'none') return this.#write(from, to, bytes);
      from.pause();
      setTimeout(() => {
        from.resume();
        this.#write(from, to, bytes);
      }, DELAY_MS);
    });
  }

  #write(from: Socket, to: Socket, bytes: Buffer): void {
    if (to.destroyed || to.write(bytes)) return;
    from.pause();
    to.once('drain', () => from.resume());
  }

  #cutAll(): void {
    for (const [client, upstream] of this.#pairs) {
      client.resetAndDestroy();
      upstream.destroy();
    }
    this.#pairs.clear();
  }
}
