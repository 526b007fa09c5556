// The watchdog, seen from the main thread: one worker thread per process that ends it at a unit's deadline even when the
// event loop is blocked (invariant 4). It is started when a unit becomes ready or begins to end, not at import, since
// a thread costs some 30 ms and several MB; it never keeps the process alive.
import type { Worker } from 'node:worker_threads';
import { systemMs, type ToWatchdog, type WatchdogStart, type WatchedUnit } from './messages.ts';
import type { UnitSnapshot } from './snapshot.ts';

/** How often the main loop says that it turns. */
const HEARTBEAT_MS = 500;

class Watchdog {
  #worker: Worker | undefined;
  #online: Promise<void> = Promise.resolve();
  readonly #lost = Promise.withResolvers<unknown>();

  /** Settles with the reason if the thread is lost; units then have only their own timers. */
  get lost(): Promise<unknown> {
    return this.#lost.promise;
  }

  /** Settles when the thread runs. */
  start(): Promise<void> {
    if (this.#worker) return this.#online;
    const { Worker } = process.getBuiltinModule('node:worker_threads');
    const heartbeat = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
    // The checkout runs .ts files, the published package .js.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const compiled = process.env['NODE_COMPILE_CACHE'];
    const worker = new Worker(new URL(`./watchdog-worker.${extension}`, import.meta.url), {
      name: 'lastcall-watchdog',
      workerData: { heartbeat } satisfies WatchdogStart,
      // Neither preloads of the program nor its variables are for this thread; what it compiled already is.
      execArgv: [],
      env: compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled },
    });
    this.#worker = worker;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#online = promise;
    worker.once('online', resolve);
    worker.once('error', (error) => {
      resolve();
      this.#lost.resolve(error);
    });
    worker.unref();
    beat(heartbeat);
    return promise;
  }

  watch(unit: WatchedUnit): void {
    this.#send({ type: 'watch', unit });
  }

  /** @param instance of the root */
  update(instance: string, units: readonly (readonly [string, UnitSnapshot])[]): void {
    this.#send({ type: 'changed', instance, units });
  }

  deadline(instance: string, atMs: number): void {
    this.#send({ type: 'deadline', instance, atMs });
  }

  forget(instance: string): void {
    this.#send({ type: 'forget', instance });
  }

  #send(message: ToWatchdog): void {
    this.#worker?.postMessage(message);
  }
}

/** One for all root units of this process. */
export const watchdog = new Watchdog();

function beat(heartbeat: SharedArrayBuffer): void {
  const last = new Float64Array(heartbeat);
  last[0] = systemMs();
  setInterval(() => {
    last[0] = systemMs();
  }, HEARTBEAT_MS).unref();
}
