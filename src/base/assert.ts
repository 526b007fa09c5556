// Assertions for our own mistakes. The world's mistakes get a LastcallError with a sentence for people.
import { LastcallError } from './errors.ts';

/** @throws LastcallError `internal` (exit code 110) if `condition` does not hold */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw internal(what);
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never, what: string): never {
  throw internal(`${what}: ${JSON.stringify(value)}`);
}

function internal(what: string): LastcallError {
  return new LastcallError('internal', {
    what: `internal error: ${what}`,
    todo: 'This is a mistake in Lastcall, not in your program; please report it with this message.',
  });
}
