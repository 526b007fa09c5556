// How an error reaches a person: what happened, on which thing, what to do; or one JSON line with --json. A stack trace
// only with --debug.
import { LastcallError, messageOf } from '../base/errors.ts';

/** Whatever was thrown, as one of our own errors. */
export function asLastcallError(error: unknown): LastcallError {
  if (error instanceof LastcallError) return error;
  if (isSystemError(error)) {
    return new LastcallError('io', {
      what: messageOf(error),
      on: error.path,
      todo: 'Check that the file exists and that you may use it.',
      cause: error,
    });
  }
  return new LastcallError('internal', {
    what: `internal error: ${messageOf(error)}`,
    todo: 'This is a mistake in Lastcall; run it again with --debug and report what it prints.',
    cause: error,
  });
}

/** The text for stderr, without a final line feed. */
export function renderFailure(error: LastcallError, options: { json: boolean; debug: boolean }): string {
  if (options.json) {
    const { code, what, on, todo, exitCode, retryable } = error;
    return JSON.stringify({ error: { code, what, ...(on === undefined ? {} : { on }), todo, exitCode, retryable } });
  }
  const lines = [`error: ${error.what}`];
  if (error.on !== undefined) lines.push(`   on: ${error.on}`);
  lines.push(`   do: ${error.todo}`);
  if (options.debug) lines.push(stackOf(error));
  return lines.join('\n');
}

function stackOf(error: Error): string {
  const stack = error.stack ?? '';
  return error.cause instanceof Error ? `${stack}\ncaused by: ${stackOf(error.cause)}` : stack;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
