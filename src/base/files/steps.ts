// Durable procedures are written once, as generators that yield one I/O step at a time, and run in two ways: blocking
// (at exit, when nothing else may run) or asynchronously. A failed step is thrown at the place that yielded it.
import { OPERATION_NAMES } from './layer.ts';
import type { FileLayer, FileOperations, OpenFlags, OperationName } from './layer.ts';

/** One I/O step as data. */
interface Step {
  readonly name: OperationName;
  readonly args: readonly unknown[];
}

/** A procedure of I/O steps that ends with a `Result`. */
export type Steps<Result> = Generator<Step, Result, unknown>;

type StepMakers = {
  readonly [Name in OperationName]: (
    ...args: Parameters<FileOperations[Name]>
  ) => Steps<ReturnType<FileOperations[Name]>>;
};

/** `yield* io.rename(a, b)`: performs one step and gives its result. */
export const io = Object.fromEntries(
  OPERATION_NAMES.map((name) => [
    name,
    function* (...args: readonly unknown[]): Steps<unknown> {
      return yield { name, args };
    },
  ]),
) as unknown as StepMakers;

type AnyOperation = (...args: readonly unknown[]) => unknown;

/** Runs a procedure to its end, blocking. */
export function runSync<Result>(files: FileLayer, steps: Steps<Result>): Result {
  let turn = steps.next();
  while (!turn.done) {
    let value: unknown;
    try {
      value = (files.sync[turn.value.name] as AnyOperation)(...turn.value.args);
    } catch (error) {
      turn = steps.throw(error);
      continue;
    }
    turn = steps.next(value);
  }
  return turn.value;
}

/** Runs a procedure to its end, one step after the other, without blocking the event loop. */
export async function runAsync<Result>(files: FileLayer, steps: Steps<Result>): Promise<Result> {
  let turn = steps.next();
  while (!turn.done) {
    let value: unknown;
    try {
      value = await (files.async[turn.value.name] as AnyOperation)(...turn.value.args);
    } catch (error) {
      turn = steps.throw(error);
      continue;
    }
    turn = steps.next(value);
  }
  return turn.value;
}

/** Opens a file for `body` and closes it whatever happens; the first error wins. */
export function* withFile<Result>(
  path: string,
  flags: OpenFlags,
  mode: number,
  body: (file: number) => Steps<Result>,
): Steps<Result> {
  const file = yield* io.open(path, flags, mode);
  let result: Result;
  try {
    result = yield* body(file);
  } catch (error) {
    yield* quietly(io.close(file));
    throw error;
  }
  yield* io.close(file);
  return result;
}

/** Clean-up whose failure must not hide the error that made it necessary. */
export function* quietly(steps: Steps<unknown>): Steps<void> {
  try {
    yield* steps;
  } catch {
    // What is left behind carries a temporary name and is swept by `removeLeftovers`.
  }
}

/** Bytes handed to one write call; larger ones are refused by Node or cut short by the system. */
const WRITE_BYTES_MAX = 2 ** 30;

/** Writes all of `bytes` at `position`, however many turns it takes. */
export function* writeAll(file: number, bytes: Uint8Array, position: number): Steps<void> {
  let written = 0;
  while (written < bytes.length) {
    const count = yield* io.write(file, bytes.subarray(written, written + WRITE_BYTES_MAX), position + written);
    if (count === 0) throw Object.assign(new Error('the device takes no bytes'), { code: 'EIO' });
    written += count;
  }
}

/**
 * Makes what was created, renamed or removed in a directory durable. A file system that has no such thing (EINVAL,
 * ENOTSUP) is taken at its word: there is nothing more that could be done.
 */
export function* syncDirectorySteps(path: string): Steps<void> {
  yield* withFile(path, 'r', 0, function* (file) {
    try {
      yield* io.sync(file);
    } catch (error) {
      if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP') throw error;
    }
  });
}

/** The system's code of a failed step, if it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
