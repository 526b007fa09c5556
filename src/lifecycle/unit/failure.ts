// What an error that ends a unit means to its core: a condition with an exit code of its own, another exit code of the
// table in architecture.md, or simply a failure (1).
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

export function failureEvent(error: unknown): EventInput {
  const message = messageOf(error);
  if (!(error instanceof LastcallError)) return { type: 'fatal', error: message, condition: null };
  const condition = CONDITIONS[error.code] ?? null;
  if (condition === null && error.exitCode !== 1) return { type: 'workEnded', code: error.exitCode, error: message };
  return { type: 'fatal', error: message, condition };
}
