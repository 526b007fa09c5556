// Pino (https://getpino.io) at the end of a process. Its asynchronous destinations and its transports, which live in
// worker threads, hold lines that die with the process. `logger.flush()` does not help: a destination without minLength
// calls back while a write is on its way, and a transport while its worker still writes. Ending the stream does: it
// closes only after everything was written. Pino flushes in an exit hook too, but blocks the process there for as long
// as its reader likes, beyond every deadline. So this ends the stream, as the very last thing before the exit; what is
// logged later is lost. Nothing of pino is imported, a stream is recognised by what it can do.
import { LastcallError } from '../base/errors.ts';
import { addFlusher } from './log.ts';
import type { Participant } from './types.ts';

/** What pino's destinations (sonic-boom), transports (thread-stream) and Node's own streams have in common. */
interface Destination {
  end(): void;
  on(event: 'close' | 'error', listener: () => void): unknown;
  readonly destroyed?: boolean;
  readonly closed?: boolean;
  /** sonic-boom: writes happen inside the call, and flushSync takes what minLength holds back. */
  readonly sync?: boolean;
  flushSync?(): void;
}

/**
 * Makes sure that nothing logged through pino is lost at exit: `unit.use(flushPino(logger))`.
 * @param logger a pino logger (or a child of one), or what pino.destination(), .transport() or .multistream() returned
 * @throws LastcallError `usage` if it is none of these
 */
export function flushPino(logger: object): Participant {
  const destinations = destinationsOf(isDestination(logger) || isMultistream(logger) ? logger : streamOf(logger));
  return {
    join() {
      const remove = addFlusher(async () => {
        remove();
        await Promise.all(destinations.map(endOf));
      });
    },
  };
}

async function endOf(destination: Destination): Promise<void> {
  if (destination.destroyed === true || destination.closed === true) return;
  if (destination.sync === true && destination.flushSync) return destination.flushSync();
  await new Promise<void>((resolve) => {
    // The listener for errors stays: lines logged after the end come back as errors that nobody else would catch.
    destination.on('close', resolve);
    destination.on('error', resolve);
    destination.end();
  });
}

function destinationsOf(stream: unknown): readonly Destination[] {
  if (isMultistream(stream)) return stream.streams.flatMap((entry) => destinationsOf(entry.stream));
  // Node's own two are flushed with everything else that writes to them, and never ended.
  if (stream === process.stdout || stream === process.stderr) return [];
  if (isDestination(stream)) return [stream];
  throw new LastcallError('usage', {
    what: 'this is neither a pino logger nor a pino destination or transport',
    on: 'flushPino',
    todo: 'Pass what pino(), pino.destination(), pino.transport() or pino.multistream() returned.',
  });
}

/** A logger keeps its stream under a symbol of its own; children inherit it. */
function streamOf(logger: object): unknown {
  for (let owner: object | null = logger; owner; owner = Object.getPrototypeOf(owner) as object | null) {
    const symbol = Object.getOwnPropertySymbols(owner).find((key) => key.description === 'pino.stream');
    if (symbol) return (owner as Record<symbol, unknown>)[symbol];
  }
  return undefined;
}

function isMultistream(value: unknown): value is { streams: readonly { stream: unknown }[] } {
  return Array.isArray((value as { streams?: unknown } | null | undefined)?.streams);
}

function isDestination(value: unknown): value is Destination {
  const candidate = value as Partial<Destination> | null | undefined;
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    typeof candidate.end === 'function' &&
    typeof candidate.on === 'function'
  );
}
