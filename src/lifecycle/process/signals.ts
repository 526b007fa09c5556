// The four signals that ask a process to end. Handlers are installed once; as PID 1 of a container that is also what
// makes SIGTERM arrive at all, since the kernel ignores for PID 1 every signal without a handler.
import type { SignalName } from '../core/types.ts';

/** signal(7). */
const NUMBERS: Readonly<Record<SignalName, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 };

export function onEndingSignals(handle: (signal: SignalName) => void): void {
  for (const signal of Object.keys(NUMBERS) as SignalName[]) process.on(signal, handle);
}

/** The exit code that stands for "ended by this signal"; raised again it would be ignored as PID 1. */
export function codeOfSignal(signal: SignalName): number {
  return 128 + NUMBERS[signal];
}
