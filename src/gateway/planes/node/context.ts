// What the exchanges of one plane share.
import type { Director } from '../ports.ts';
import type { PlaneSettings } from './options.ts';
import type { WholeBodies } from './request-body.ts';

export interface PlaneContext {
  readonly director: Director;
  readonly settings: PlaneSettings;
  readonly wholeBodies: WholeBodies;
  /** Monotonic milliseconds. */
  nowMs(): number;
}
