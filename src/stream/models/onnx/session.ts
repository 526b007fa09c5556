// One ONNX model at work in a thread of its own: loads, predicts batches in the order in which they are asked for, and
// ends in the order that the runtime survives: no more runs, release, end of the thread. Never by `terminate`.
import { Worker } from 'node:worker_threads';
import type { LastcallError } from '../../../base/errors.ts';
import { guardExit, unguardExit } from './exit-guard.ts';
import type { Port, Reply, Request, SessionStart } from './protocol.ts';
import { closed, IN_FLIGHT_MAX, lost, missing, notLoaded, refusedBatch, stuck, tooMany } from './session-errors.ts';

/** Milliseconds. */
export interface SessionTimeouts {
  readonly loadMs: number;
  readonly predictMs: number;
  readonly closeMs: number;
}

export interface SessionOptions {
  /** Path of the model, for messages. */
  readonly on: string;
  readonly threads: number;
  readonly timeouts: SessionTimeouts;
}

export interface RunPorts {
  readonly input: string;
  readonly width: number;
  readonly output: string;
}

interface InFlight {
  readonly resolve: (values: Float32Array) => void;
  readonly reject: (error: LastcallError) => void;
  readonly timer: NodeJS.Timeout;
}

export class OnnxSession {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly #worker: Worker;
  readonly #options: SessionOptions;
  readonly #inFlight = new Map<number, InFlight>();
  readonly #ended: Promise<void>;
  #nextId = 1;
  #closing: Promise<void> | null = null;
  /** Why the thread ended without being asked to. */
  #lost: LastcallError | null = null;

  private constructor(worker: Worker, ended: Promise<void>, options: SessionOptions, ready: ReadyReply) {
    this.inputs = ready.inputs;
    this.outputs = ready.outputs;
    this.#worker = worker;
    this.#options = options;
    this.#ended = ended;
    worker.on('message', (reply: Reply) => this.#take(reply));
    worker.on('error', (cause) => (this.#lost ??= lost(options.on, cause)));
    worker.on('exit', () => this.#end());
    // A model that is idle does not keep the program alive.
    worker.unref();
  }

  /**
   * Starts a thread and loads the model in it.
   * @param model content of the file; the caller must not use it any more
   * @throws LastcallError `dependency` (the runtime is not installed), `state_refused` (it refuses the file), `timeout`
   */
  static async open(model: Uint8Array<ArrayBuffer>, options: SessionOptions): Promise<OnnxSession> {
    const flags = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
    const state = new Int32Array(flags);
    // The checkout runs .ts files, the published package .js.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    guardExit(state);
    const worker = new Worker(new URL(`./session-worker.${extension}`, import.meta.url), {
      name: 'lastcall-onnx',
      workerData: { model, threads: options.threads, flags } satisfies SessionStart,
      transferList: [model.buffer],
      execArgv: [],
    });
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    void ended.then(() => unguardExit(state));
    const ready = await firstReply(worker, options);
    return new OnnxSession(worker, ended, options, ready);
  }

  /** The thread ended without being asked to: a new session is needed. */
  get isLost(): boolean {
    return this.#lost !== null;
  }

  /**
   * @param rows row by row, `ports.width` numbers each; copied
   * @throws LastcallError `timeout`, `dependency` (the thread was lost), `failed` (the runtime refuses the batch, too many
   *   in flight), `cancelled` (the session is closed)
   */
  run(rows: Float32Array, ports: RunPorts): Promise<Float32Array> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    if (this.#closing !== null) return Promise.reject(closed(this.#options.on));
    if (this.#inFlight.size === IN_FLIGHT_MAX) return Promise.reject(tooMany(this.#options.on));
    const id = this.#nextId++;
    const copy = Float32Array.from(rows);
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array>();
    const timer = setTimeout(() => this.#settle(id)?.reject(this.#timedOut()), this.#options.timeouts.predictMs);
    this.#inFlight.set(id, { resolve, reject, timer });
    this.#worker.ref();
    this.#send({ type: 'run', id, ...ports, rows: copy }, [copy.buffer]);
    return promise;
  }

  /**
   * Waits for the predictions in flight, releases the model and ends the thread. Idempotent.
   * @throws LastcallError `timeout` if a run does not end; the thread is left behind then
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#lost !== null) return;
    this.#worker.ref();
    this.#send({ type: 'close' });
    const { closeMs } = this.#options.timeouts;
    const timer = Promise.withResolvers<'late'>();
    const timeout = setTimeout(() => timer.resolve('late'), closeMs);
    const how = await Promise.race([this.#ended, timer.promise]);
    clearTimeout(timeout);
    if (how !== 'late') return;
    this.#worker.unref();
    throw stuck(this.#options.on, 'a prediction at work did not end, so the model was not released', closeMs);
  }

  #send(request: Request, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(request, transfer);
  }

  #take(reply: Reply): void {
    if (reply.type === 'ran') this.#settle(reply.id)?.resolve(reply.values);
    if (reply.type === 'failed') this.#settle(reply.id)?.reject(refusedBatch(this.#options.on, reply.message));
  }

  /** What waits for a run, which then waits no more; nothing if that timed out before. */
  #settle(id: number): InFlight | undefined {
    const inFlight = this.#inFlight.get(id);
    if (inFlight === undefined) return undefined;
    clearTimeout(inFlight.timer);
    this.#inFlight.delete(id);
    if (this.#inFlight.size === 0 && this.#closing === null) this.#worker.unref();
    return inFlight;
  }

  #end(): void {
    if (this.#closing === null) this.#lost ??= lost(this.#options.on, undefined);
    for (const id of this.#inFlight.keys()) this.#settle(id)?.reject(this.#lost ?? closed(this.#options.on));
  }

  #timedOut(): LastcallError {
    return stuck(this.#options.on, 'a prediction did not end', this.#options.timeouts.predictMs);
  }
}

type ReadyReply = Extract<Reply, { type: 'ready' }>;

async function firstReply(worker: Worker, { on, timeouts }: SessionOptions): Promise<ReadyReply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const late = stuck(on, 'the model was not loaded', timeouts.loadMs);
  const timer = setTimeout(() => reject(late), timeouts.loadMs);
  const failed = (cause: unknown): void => reject(lost(on, cause));
  const exited = (): void => reject(lost(on, undefined));
  worker.once('message', resolve).once('error', failed).once('exit', exited);
  try {
    const reply = await promise;
    if (reply.type === 'missing') throw missing(reply.message);
    if (reply.type !== 'ready') throw notLoaded(on, reply.type === 'refused' ? reply.message : reply.type);
    return reply;
  } catch (error) {
    if (error !== late) throw error;
    // It cannot be ended while it loads; once it has loaded it gets this and ends itself.
    worker.postMessage({ type: 'close' } satisfies Request, []);
    worker.unref();
    throw error;
  } finally {
    clearTimeout(timer);
    worker.off('message', resolve).off('error', failed).off('exit', exited);
    // Errors of a thread that nobody listens to would end the process.
    worker.on('error', () => {});
  }
}
