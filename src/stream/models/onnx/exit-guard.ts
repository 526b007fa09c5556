// Ending the process while native code of ONNX Runtime is at work in a thread aborts it (SIGABRT, 134), whatever exit code
// was meant. So the exit waits, within a bound, until the runs at work are over, and lets no further one begin. A run that
// takes longer still aborts; the lifecycle's own deadline kills then anyway.
import { ENDING, RUNNING } from './protocol.ts';

/** Longest wait for one thread, milliseconds. Predictions take microseconds to milliseconds. */
const WAIT_MS = 2_000;

const guarded = new Set<Int32Array>();

/** @param state the flags that are shared with a thread */
export function guardExit(state: Int32Array): void {
  if (guarded.size === 0) process.on('exit', waitForAll);
  guarded.add(state);
}

export function unguardExit(state: Int32Array): void {
  guarded.delete(state);
  if (guarded.size === 0) process.off('exit', waitForAll);
}

function waitForAll(): void {
  for (const state of guarded) Atomics.store(state, ENDING, 1);
  for (const state of guarded) Atomics.wait(state, RUNNING, 1, WAIT_MS);
}
