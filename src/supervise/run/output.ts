// Where output goes. A command inherits our streams, so every byte of it arrives without us; only where a line has to be
// looked for (a `log:` probe) does it pass through here, byte for byte and with back pressure. Our own log gets a way of
// its own to the same place: Node makes a pipe non-blocking for all who share it, and a command that shares one with us
// would lose what it writes while the reader is slow.
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { addFlusher } from '../../lifecycle/log.ts';

/** Lines of a log that wait for a reader that does not read; beyond it they are dropped and counted. */
const QUEUE_BYTES_MAX = 4 * 2 ** 20;
const AGAIN_MS = 10;

/** Writes lines to stderr without sharing anything with who else writes there; null where that cannot be had. */
export function ownStderr(): ((line: string) => void) | null {
  let file: number;
  try {
    file = openSync('/proc/self/fd/2', constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  } catch {
    // A socket cannot be opened again, and elsewhere than on Linux there is no such path.
    return null;
  }
  const queue = new LineQueue(file);
  return (line) => queue.write(line);
}

class LineQueue {
  readonly #file: number;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #dropped = 0;
  #idle = Promise.withResolvers<void>();
  #gone = false;

  constructor(file: number) {
    this.#file = file;
    addFlusher(() => (this.#bytes === 0 ? Promise.resolve() : this.#idle.promise));
  }

  write(line: string): void {
    if (this.#gone) return;
    const bytes = Buffer.from(line);
    if (this.#bytes + bytes.length > QUEUE_BYTES_MAX) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0)
      this.#push(Buffer.from(`${JSON.stringify({ event: 'log_dropped', lines: this.#dropped })}\n`));
    this.#dropped = 0;
    this.#push(bytes);
    if (this.#waiting.length === 1) this.#drain();
  }

  #push(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
  }

  #drain(): void {
    try {
      for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
        const count = writeSync(this.#file, next);
        this.#bytes -= count;
        if (count === next.length) this.#waiting.shift();
        else this.#waiting[0] = next.subarray(count);
      }
      this.#idle.resolve();
      this.#idle = Promise.withResolvers();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') setTimeout(() => this.#drain(), AGAIN_MS);
      else this.#giveUp();
    }
  }

  /** Nobody reads any more. */
  #giveUp(): void {
    this.#gone = true;
    this.#waiting = [];
    this.#bytes = 0;
    this.#idle.resolve();
    closeSync(this.#file);
  }
}

/**
 * Passes a stream of a command on to ours, and shows each of its lines to `look`. Settles when all of it was handed over.
 * @param look lines longer than 64 KiB are shown in pieces
 */
export async function passOn(from: Readable, to: Writable, look: (line: string) => void): Promise<void> {
  let rest = '';
  const ignore = () => undefined;
  to.on('error', ignore);
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      if (!to.write(chunk) && !to.destroyed) await drained(to);
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop()!.slice(-LINE_MAX);
      for (const line of lines) look(line);
    }
    if (rest !== '') look(rest);
  } catch {
    // The command closed it in the middle: what came is handed over.
  } finally {
    to.off('error', ignore);
  }
}

const LINE_MAX = 64 * 1024;

function drained(to: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      to.off('drain', settle).off('close', settle).off('error', settle);
      resolve();
    };
    to.on('drain', settle).on('close', settle).on('error', settle);
  });
}
