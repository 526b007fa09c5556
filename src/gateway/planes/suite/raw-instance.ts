// An instance that sees and says bytes, so that tests know exactly what a plane sent to it, and can have it answer what
// no library would.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** What it says to the head of a request: bytes, or what it does with the connection. Null: nothing yet. */
export type Say = (head: string, socket: Socket) => string | Buffer | null;

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

export class RawInstance {
  /** All bytes of all connections, in the order in which they came. */
  text = '';
  readonly sockets: Socket[] = [];
  readonly #server = createServer({ allowHalfOpen: true }, (socket) => this.#connected(socket));
  readonly #say: Say;
  readonly #changed = new Set<() => void>();

  private constructor(say: Say) {
    this.#say = say;
  }

  static async start(t: TestContext, say: Say | string = OK): Promise<RawInstance> {
    const instance = new RawInstance(typeof say === 'string' ? () => say : say);
    instance.#server.listen(0, '127.0.0.1');
    await once(instance.#server, 'listening');
    t.after(() => {
      instance.#server.close();
      for (const socket of instance.sockets) socket.destroy();
    });
    return instance;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Heads of the requests that came. */
  get heads(): readonly string[] {
    return this.text.split(/(?=^[A-Z]+ \S+ HTTP\/1\.1\r$)/m).filter((part) => part !== '');
  }

  /** Settles once the bytes hold what is looked for. */
  async sees(wanted: string | RegExp): Promise<void> {
    const found = () => (typeof wanted === 'string' ? this.text.includes(wanted) : wanted.test(this.text));
    while (!found()) await new Promise<void>((resolve) => this.#changed.add(resolve));
  }

  #connected(socket: Socket): void {
    this.sockets.push(socket);
    let head = '';
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      this.text += text;
      for (const tell of this.#changed) tell();
      this.#changed.clear();
      head += text;
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const said = this.#say(head.slice(0, end + 4), socket);
      head = '';
      if (said !== null && !socket.destroyed)
        socket.write(typeof said === 'string' ? Buffer.from(said, 'latin1') : said);
    });
  }
}
