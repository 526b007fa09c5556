// What a piece of state holds, told by its kind: the kinds that come with Lastcall can be read without the pipeline's module.
// Of any other kind the number of pieces and bytes is told. One line in the table for each kind.
import { LastcallError } from '../../base/errors.ts';
import { EventWindow } from '../state/event-window.ts';
import { pieceKey } from '../state/pieces.ts';
import type { StoredPiece } from '../state/pieces.ts';

export interface KeySummary {
  readonly key: string;
  /** Records in the window. */
  readonly records?: number;
  /** Sum of their values. */
  readonly sum?: number;
  /** Bytes of the stored value. */
  readonly bytes?: number;
  /** The value, as text and cut. */
  readonly value?: string;
}

export interface WindowSummary {
  readonly windowMs: number;
  /** The newest event time that was seen, milliseconds since 1970; null before the first. */
  readonly clockMs: number | null;
  readonly records: number;
  readonly late: number;
}

export interface Contents {
  readonly keys?: number;
  /** The largest ones first. */
  readonly top?: readonly KeySummary[];
  readonly window?: WindowSummary;
  /** Of state that is one value. */
  readonly value?: string;
}

type Summarise = (pieces: readonly StoredPiece[], schema: Readonly<Record<string, unknown>>, top: number) => Contents;

const VALUE_LENGTH_MAX = 80;

const KINDS: Readonly<Record<string, Summarise>> = {
  'sliding-count': (...given) => withoutSums(windowContents(...given)),
  'sliding-mean': windowContents,
  'keyed-value': keyedContents,
  counter: (pieces) => ({ value: pieces[0] === undefined ? '0' : textOf(pieces[0].value) }),
  numbers: (_, schema) => ({ value: `${String(schema['length'])} numbers of ${String(schema['type'])}` }),
};

/** Whether the pieces of this kind can be read; of others only their sizes are told. */
export function isReadable(kind: string): boolean {
  return Object.hasOwn(KINDS, kind);
}

/** @param top most keys that are named */
export function contentsOf(
  kind: string,
  schema: Readonly<Record<string, unknown>>,
  pieces: readonly StoredPiece[],
  top: number,
): Contents {
  return isReadable(kind) ? KINDS[kind]!(pieces, schema, top) : {};
}

function windowContents(
  pieces: readonly StoredPiece[],
  { windowMs }: Readonly<Record<string, unknown>>,
  top: number,
): Contents {
  if (typeof windowMs !== 'number') throw unreadable('the length of its window is not known');
  const window = new EventWindow(windowMs);
  window.load(pieces);
  const keys = [...window.entries()];
  const records = keys.reduce((sum, [, count]) => sum + count, 0);
  const largest = keys.toSorted(([a, left], [b, right]) => right - left || (a < b ? -1 : 1)).slice(0, top);
  return {
    keys: keys.length,
    top: largest.map(([key, count, sum]) => ({ key, records: count, sum })),
    window: { windowMs, clockMs: window.clock, records, late: window.late },
  };
}

/** Every record counts as one, so sums say nothing that the numbers of records do not. */
function withoutSums({ top = [], ...contents }: Contents): Contents {
  return { ...contents, top: top.map(({ key, records = 0 }) => ({ key, records })) };
}

function keyedContents(pieces: readonly StoredPiece[], _: unknown, top: number): Contents {
  const largest = pieces.toSorted((a, b) => b.value.length - a.value.length).slice(0, top);
  return {
    keys: pieces.length,
    top: largest.map(({ key, value }) => ({ key: pieceKey(key), bytes: value.length, value: textOf(value) })),
  };
}

/** As text if it is text; else how many bytes. */
function textOf(value: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(value);
    return text.length <= VALUE_LENGTH_MAX ? text : `${text.slice(0, VALUE_LENGTH_MAX - 1)}…`;
  } catch {
    return `${value.length} bytes`;
  }
}

function unreadable(what: string): LastcallError {
  return new LastcallError('state_refused', { what, on: 'topology', todo: 'Verify the state with `lastcall verify`.' });
}
