// What failed, where a record has several branches: only the one that failed is tried again without it and set aside, so that
// the others end as they would have ended had it been stopped at that time.
import { LastcallError, messageOf } from '../../../base/errors.ts';
import type { ErasedPart } from '../../parts.ts';

/** Thrown in place of what a branch threw, which is its `cause`. */
export class BranchFailure extends Error {
  /** Number of the branch; 0 is the pipeline's own step. */
  readonly branch: number;
  /** What people call it: `part:audit`; null for the step. */
  readonly scope: string | null;

  constructor(branch: number, part: ErasedPart | null, error: unknown) {
    super('a branch failed', { cause: part === null ? error : named(part, error) });
    this.branch = branch;
    this.scope = part === null ? null : `part:${part.name}`;
  }
}

/** What was thrown, whether by a branch or by the only step there is. */
export function thrown(cause: unknown): unknown {
  return cause instanceof BranchFailure ? cause.cause : cause;
}

/** Names the part; what kind of failure it is stays. */
function named({ name }: ErasedPart, error: unknown): LastcallError {
  return new LastcallError(error instanceof LastcallError ? error.code : 'failed', {
    what: error instanceof LastcallError ? error.what : messageOf(error),
    on: `part ${name}`,
    todo: error instanceof LastcallError ? error.todo : 'Repair the part or the record.',
    cause: error,
  });
}
