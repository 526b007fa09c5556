// What the end of the work means to the core: an exit code, or, for an error, a condition with an exit code of its own,
// another exit code of the table in architecture.md, or simply a failure (1).
import { LastcallError, messageOf, type ErrorCode } from '../../base/errors.ts';
import type { Condition } from '../core/types.ts';
import type { EventInput } from './executor.ts';

const CONDITIONS: Partial<Record<ErrorCode, Condition>> = {
  fenced: 'fenced',
  state_refused: 'refused',
  internal: 'internal',
  persist_failed: 'persist_failed',
  disk_full: 'persist_failed',
  dependency: 'dependency',
};

const EXIT_CODE_MAX = 255;
/** How deep an error may be wrapped. */
const CAUSES_MAX = 10;

export function failureEvent(error: unknown): EventInput {
  const message = messageOf(error);
  if (!(error instanceof LastcallError)) return { type: 'fatal', error: message, condition: null };
  const condition = CONDITIONS[error.code] ?? null;
  if (condition === null && error.exitCode !== 1) return { type: 'workEnded', code: error.exitCode, error: message };
  return { type: 'fatal', error: message, condition };
}

/** @throws LastcallError `usage` for a code that a process cannot exit with: 256 would become 0 */
export function completionEvent(code: number): EventInput {
  if (Number.isInteger(code) && code >= 0 && code <= EXIT_CODE_MAX) return { type: 'workEnded', code, error: null };
  throw new LastcallError('usage', {
    what: `${code} is not an exit code`,
    on: 'complete',
    todo: `Give a whole number from 0 (completed) to ${EXIT_CODE_MAX}.`,
  });
}

/** What a start is told that adds something too late: if a stop came meanwhile, that is the reason, and no failure. */
export function overtaken(error: unknown, stopRequested: AbortSignal): unknown {
  if (!stopRequested.aborted || !(error instanceof LastcallError)) return error;
  const { what, on } = error;
  const todo = 'A stop came while it was starting, so its start goes no further.';
  return new LastcallError('cancelled', { what, on, todo, cause: stopRequested.reason });
}

/** Whether `reason` is the error, or what it was caused by. */
export function causedBy(error: unknown, reason: unknown): boolean {
  let cause = error;
  for (let depth = 0; depth < CAUSES_MAX && cause instanceof Error; depth++) {
    if (cause === reason) return true;
    ({ cause } = cause);
  }
  return false;
}
