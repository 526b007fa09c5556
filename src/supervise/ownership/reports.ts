// What the script around a command tells on fd 3: `started PID`, the moment before the command runs, and in a namespace,
// whose process 1 outlives the command, `ended CODE`.
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';

/** Nothing that is longer is a report. */
const TEXT_MAX = 1_024;

export class Reports {
  /** The number that the script gave, within its namespace; null if it ended without. Rejects if nothing could be started. */
  readonly started: Promise<number | null>;
  /** Exit code of the command, 128 + n for a signal. */
  readonly ended: Promise<number>;
  readonly #started = Promise.withResolvers<number | null>();
  readonly #ended = Promise.withResolvers<number>();
  #text = '';

  /** @param told whether the end of the command is told, rather than being the end of the child */
  constructor(child: ChildProcess, told: boolean) {
    this.started = this.#started.promise;
    this.ended = this.#ended.promise;
    const pipe = child.stdio[3] as Readable | null;
    pipe?.on('data', (chunk: Buffer) => this.#take(chunk.toString('latin1')));
    pipe?.on('error', () => undefined);
    child.once('error', (error) => this.#started.reject(error));
    child.once('exit', (code, signal) => {
      const exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0);
      if (!told) this.#ended.resolve(exitCode);
      // What it wrote before it ended may still be on its way.
      const settle = () => {
        this.#started.resolve(null);
        // A namespace that was killed takes its command along.
        this.#ended.resolve(exitCode);
      };
      if (pipe === null || pipe.readableEnded || pipe.destroyed) settle();
      else pipe.once('close', settle);
    });
  }

  #take(chunk: string): void {
    this.#text = (this.#text + chunk).slice(0, TEXT_MAX);
    const started = /^started (\d+)\n/m.exec(this.#text)?.[1];
    if (started !== undefined) this.#started.resolve(Number(started));
    const ended = /^ended (\d+)\n/m.exec(this.#text)?.[1];
    if (ended !== undefined) this.#ended.resolve(Number(ended));
  }
}
