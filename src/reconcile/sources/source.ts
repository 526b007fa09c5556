// Where lines come from. A position is whatever the source needs to go on; reading the same lines twice is harmless, so
// a source may go back a little. It must never skip one.
import type { BadRecord } from '../../stream/index.ts';
import type { TaskLine } from '../core/task-line.ts';
import type { OTHER } from '../read-line.ts';

export type Row = TaskLine | typeof OTHER | BadRecord;

export interface LogBatch {
  readonly rows: readonly Row[];
  /** JSON; where the next read goes on. */
  readonly position: unknown;
}

export interface LogSource {
  /** Under this name its position is kept. */
  readonly name: string;
  /** The next lines after `position` (null: from the start); `idle`: nothing at present; `end`: for good. */
  read(position: unknown, signal: AbortSignal): Promise<LogBatch | 'idle' | 'end'>;
  /** After `idle`: settles when there may be more, or the signal aborts. */
  more(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
