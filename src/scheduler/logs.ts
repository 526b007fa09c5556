// What jobs print: files that their keepers hold open, read by byte position while they grow. A log is capped by giving the
// blocks of its oldest bytes back to the disk: positions stay what they are, and nothing that is printed meanwhile is lost.
import { spawn } from 'node:child_process';
import { type FSWatcher, openSync, closeSync, fstatSync, readSync, statSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from './engines/local/records.ts';

export type LogStream = 'stdout' | 'stderr';

const CHUNK_BYTES = 64 * 1024;
const BLOCK_BYTES = 4_096;
const LOOK_MS = 1_000;

export interface LogSlice {
  /** Position of the first byte; later than asked for if what was there has been given back. */
  readonly from: number;
  readonly bytes: Buffer;
  /** Of the file now. */
  readonly end: number;
}

/** @returns null if there is no such log */
export function readLog(directory: string, stream: LogStream, from: number, bytesMax: number): LogSlice | null {
  let file: number;
  try {
    file = openSync(join(directory, stream), 'r');
  } catch {
    return null;
  }
  try {
    const end = fstatSync(file).size;
    const start = Math.min(Math.max(from < 0 ? end + from : from, firstByte(directory, stream)), end);
    const bytes = Buffer.alloc(Math.min(bytesMax, end - start));
    const count = readSync(file, bytes, 0, bytes.length, start);
    return { from: start, bytes: bytes.subarray(0, count), end };
  } finally {
    closeSync(file);
  }
}

/**
 * The bytes from a position on, as they come, until `ended` says that no more will and all have been read. The consumer's
 * pace is kept: nothing is read before it is asked for.
 */
export async function* followLog(
  directory: string,
  stream: LogStream,
  from: number,
  ended: () => boolean,
  signal: AbortSignal,
): AsyncGenerator<LogSlice, void> {
  let position = from;
  while (!signal.aborted) {
    // Asked before the read: what was printed until then is in it.
    const last = ended();
    const slice = readLog(directory, stream, position, CHUNK_BYTES);
    if (slice && slice.bytes.length > 0) {
      position = slice.from + slice.bytes.length;
      yield slice;
    } else if (last) return;
    else await change(directory, signal);
  }
}

/** Gives back what is older than the newest `bytesMax`, in whole blocks. @returns whether anything was */
export async function capLog(directory: string, stream: LogStream, bytesMax: number): Promise<boolean> {
  const path = join(directory, stream);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const first = firstByte(directory, stream);
  // In large steps, so that a busy log is not cut all the time.
  if (size - first <= bytesMax * 1.25) return false;
  const cut = Math.floor((size - bytesMax) / BLOCK_BYTES) * BLOCK_BYTES;
  writeFileSync(join(directory, `${stream}.from`), String(cut), { mode: 0o600 });
  return await new Promise((resolve) => {
    const args = ['--punch-hole', '--offset', String(first), '--length', String(cut - first), path];
    const child = spawn('fallocate', args, { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

function firstByte(directory: string, stream: LogStream): number {
  return Number(readText(directory, `${stream}.from`) ?? 0);
}

/** Settles at the next change in the directory, or after a while. */
function change(directory: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let watcher: FSWatcher | undefined;
    const done = () => {
      clearTimeout(timer);
      watcher?.close();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, LOOK_MS);
    signal.addEventListener('abort', done, { once: true });
    try {
      watcher = watch(directory, done);
      watcher.on('error', done);
    } catch {
      // It is not there yet: looked for again in a moment.
    }
  });
}
