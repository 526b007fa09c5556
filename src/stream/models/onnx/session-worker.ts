// The thread that holds one ONNX session. `run` blocks the thread that calls it, so it is not the program's own. Requests
// are served one after another; `close` comes after those that were sent before it, releases the session, and lets the
// thread end by itself: a thread that is ended from outside during a run takes the whole process with it.
import { parentPort, workerData } from 'node:worker_threads';
import type * as onnxRuntime from 'onnxruntime-node';
import type { InferenceSession } from 'onnxruntime-node';
import { messageOf } from '../../../base/errors.ts';
import { ENDING, RUNNING, type Port, type Reply, type Request, type SessionStart } from './protocol.ts';

type Runtime = typeof onnxRuntime;
type Run = Extract<Request, { type: 'run' }>;

const port = parentPort!;
const { model, threads, flags } = workerData as SessionStart;
const state = new Int32Array(flags);

async function main(): Promise<void> {
  let runtime: Runtime;
  try {
    runtime = await import('onnxruntime-node');
  } catch (error) {
    reply({ type: 'missing', message: messageOf(error) });
    return;
  }
  let session: InferenceSession;
  try {
    const options = { intraOpNumThreads: threads, interOpNumThreads: 1, executionMode: 'sequential' } as const;
    session = await native(() => runtime.InferenceSession.create(model, options));
  } catch (error) {
    reply({ type: 'refused', message: messageOf(error) });
    return;
  }
  let last: Promise<void> = Promise.resolve();
  port.on('message', (request: Request) => {
    last = last.then(() => (request.type === 'close' ? close(session) : run(runtime, session, request)));
  });
  const { inputMetadata, outputMetadata } = session;
  reply({ type: 'ready', inputs: inputMetadata.map(portOf), outputs: outputMetadata.map(portOf) });
}

async function run({ Tensor }: Runtime, session: InferenceSession, request: Run): Promise<void> {
  const { id, input, output, width, rows } = request;
  try {
    const feeds = { [input]: new Tensor('float32', rows, [rows.length / width, width]) };
    const results = await native(() => session.run(feeds, [output]));
    // A copy: the tensor's memory belongs to the runtime.
    const values = Float32Array.from(results[output]!.data as Float32Array);
    reply({ type: 'ran', id, values }, [values.buffer]);
  } catch (error) {
    reply({ type: 'failed', id, message: messageOf(error) });
  }
}

async function close(session: InferenceSession): Promise<void> {
  await native(() => session.release());
  port.close();
}

/** Runs native code, unless the process is about to end: then nothing happens any more. */
async function native<Result>(call: () => Promise<Result>): Promise<Result> {
  Atomics.store(state, RUNNING, 1);
  if (Atomics.load(state, ENDING) === 1) {
    idle();
    return new Promise(() => {});
  }
  try {
    return await call();
  } finally {
    idle();
  }
}

function idle(): void {
  Atomics.store(state, RUNNING, 0);
  Atomics.notify(state, RUNNING);
}

function portOf(metadata: InferenceSession.ValueMetadata): Port {
  const { name } = metadata;
  return metadata.isTensor ? { name, type: metadata.type, shape: metadata.shape } : { name, type: null, shape: [] };
}

function reply(message: Reply, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

await main();
