// The log: one JSON object a line with a stable name in `event` (contracts.md), on stderr unless the user wants it
// elsewhere. And what makes sure at the end that no line is lost: stdout and stderr that are pipes are written
// asynchronously by Node, and process.exit() throws away whatever their reader has not taken yet.
import { rfc3339, systemClock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { UnitOptions } from './types.ts';
import type { Log } from './view.ts';

export interface LogOptions {
  readonly unit: string;
  readonly instance: string;
  /** As in UnitOptions: takes each line; `false` = none; default: JSON on stderr. */
  readonly sink?: UnitOptions['log'];
}

/** Above this many bytes waiting for a reader that does not read, lines are counted instead of kept. */
const STDERR_QUEUE_BYTES_MAX = 4 * 2 ** 20;

/** A log whose lines carry `time`, `unit` and `instance`. */
export function createLog({ unit, instance, sink }: LogOptions): Log {
  if (sink === false) return () => {};
  const toStderr = stderrSink();
  const write = sink ?? toStderr;
  return (event, fields) => {
    const line = { time: rfc3339(systemClock.wallMs()), event, unit, instance };
    try {
      write({ ...line, ...fields });
    } catch (error) {
      // Nobody who logs is to fail by it: least of all an ending.
      const failed = { ...line, error: messageOf(error) };
      toStderr(sink ? { ...failed, event: 'log_failed', of: event } : failed);
    }
  };
}

function stderrSink(): (line: Record<string, unknown>) => void {
  let dropped = 0;
  return (line) => {
    const { stderr } = process;
    // A reader that went away must not end the program through the log. Same function each time: it is added once.
    if (!stderr.listeners('error').includes(ignoreError)) stderr.on('error', ignoreError);
    if (stderr.writableLength > STDERR_QUEUE_BYTES_MAX) {
      dropped++;
      return;
    }
    if (dropped > 0) {
      const { time, unit, instance } = line;
      stderr.write(`${JSON.stringify({ time, event: 'log_dropped', unit, instance, lines: dropped })}\n`);
      dropped = 0;
    }
    stderr.write(`${JSON.stringify(line)}\n`);
  };
}

function ignoreError(): void {}

/** Something that holds lines of its own: settles once they are where they belong. */
export type Flusher = () => Promise<void>;

const flushers = new Set<Flusher>();

/** Takes part in every flushOutputs from now on; returns how to stop. */
export function addFlusher(flusher: Flusher): () => void {
  flushers.add(flusher);
  return () => flushers.delete(flusher);
}

export interface FlushResult {
  /** Everything arrived, or has no reader any more. */
  readonly complete: boolean;
  /** Bytes that stdout and stderr still held when the time was up. */
  readonly leftBytes: number;
}

/**
 * The last thing before process.exit(): waits until loggers, stdout and stderr have handed over what they hold, for at
 * most `boundMs` milliseconds in all. Never rejects. Returns at once when nothing is queued.
 */
export async function flushOutputs(boundMs: number): Promise<FlushResult> {
  if (flushers.size === 0 && queuedBytes() === 0) return { complete: true, leftBytes: 0 };
  const { promise: timeUp, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), boundMs);
  const complete = await Promise.race([flushAll(), timeUp]);
  clearTimeout(timer);
  return { complete, leftBytes: queuedBytes() };
}

async function flushAll(): Promise<true> {
  await Promise.allSettled([...flushers].map((flush) => flush()));
  // Loggers may have written to the streams, so those come last.
  await Promise.all([flushStream(process.stdout), flushStream(process.stderr)]);
  return true;
}

function queuedBytes(): number {
  return process.stdout.writableLength + process.stderr.writableLength;
}

/** Settles when what is queued was handed over, or when it cannot be any more (the reader is gone). */
async function flushStream(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed || stream.writableFinished) return;
  await new Promise<void>((resolve) => {
    const settle = () => {
      stream.off('error', settle).off('close', settle);
      resolve();
    };
    stream.on('error', settle).on('close', settle);
    stream.write('', settle);
  });
}
