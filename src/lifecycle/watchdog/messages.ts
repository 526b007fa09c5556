// What the main thread tells the watchdog's thread. Times are milliseconds of the system's monotonic clock, which both
// threads read alike (`performance.now()` begins at another zero in each).
import type { ProcessIdentity } from '../../base/process-identity.ts';
import type { UnitSnapshot } from './snapshot.ts';

/** Where the watchdog leaves what it knows of a unit. */
export interface WatchedUnit {
  readonly instance: string;
  /** null: there is no place for reports and records. */
  readonly stateDir: string | null;
  readonly terminationLog: string | null;
  /** Lines on stderr: only where the unit's own log goes there. */
  readonly logs: boolean;
  /** null where the system does not tell; then no journal is kept. */
  readonly process: ProcessIdentity | null;
  /** What to add to the unit's own clock to get the system's. */
  readonly zeroMs: number;
}

export type ToWatchdog =
  | { readonly type: 'watch'; readonly unit: WatchedUnit }
  /** Units of a root that changed, each by its instance. */
  | {
      readonly type: 'changed';
      readonly instance: string;
      readonly units: readonly (readonly [string, UnitSnapshot])[];
    }
  /** By then the process is gone, or killed. */
  | { readonly type: 'deadline'; readonly instance: string; readonly atMs: number }
  | { readonly type: 'forget'; readonly instance: string };

/** Data of the worker: one number, the main loop's last sign of life. */
export interface WatchdogStart {
  readonly heartbeat: SharedArrayBuffer;
}

/** Milliseconds of the system's monotonic clock. */
export function systemMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
