// What the exchanges of one plane share.
import type { Director } from '../ports.ts';
import type { PlaneSettings } from './options.ts';

export interface PlaneContext {
  readonly director: Director;
  readonly settings: PlaneSettings;
  /** Monotonic milliseconds. */
  nowMs(): number;
}
