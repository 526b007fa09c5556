// Sources, sinks and models reach for files and services. When one is not there, the pipeline has not failed: it has not
// started, and will when the thing is back (exit code 109, nothing read).
import { LastcallError, messageOf } from '../../../base/errors.ts';
import type { ErrorCode } from '../../../base/errors.ts';

const PASS: readonly ErrorCode[] = ['dependency', 'usage', 'internal', 'state_refused', 'fenced', 'cancelled'];

/** What `open` gives. @throws LastcallError `dependency` naming `what`, unless the error says something else on purpose */
export async function reachable<Opened>(what: string, open: () => Opened | Promise<Opened>): Promise<Opened> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof LastcallError && PASS.includes(error.code)) throw error;
    const ours = error instanceof LastcallError ? error : null;
    throw new LastcallError('dependency', {
      what: ours?.what ?? messageOf(error),
      on: ours?.on === undefined ? what : `${what}: ${ours.on}`,
      todo: ours?.todo ?? 'Nothing was read. Bring it back and start again.',
      cause: error,
    });
  }
}
