// A stop that the `lastcall` command heard before the first unit of this process was made (bin/early-stop.js). In other
// programs there is none: they hear signals from their first unit on.
import type { SignalName } from '../core/types.ts';

export interface EarlyStop {
  readonly signal: SignalName;
  /** Monotonic milliseconds. */
  readonly atMs: number;
}

const TAKE = Symbol.for('lastcall.earlyStop');

/** From now on the caller hears signals. @returns what came before; null if nothing did */
export function takeEarlyStop(): EarlyStop | null {
  const take = (globalThis as Record<symbol, unknown>)[TAKE];
  return typeof take === 'function' ? ((take as () => EarlyStop | null)() ?? null) : null;
}
