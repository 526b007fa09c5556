// What the rules about shutdown libraries of Node share.
import type { Program } from '../subjects/program.ts';

/** The time from SIGTERM to the kill, if it is known. */
export function graceOf({ grace, preStopMs }: Program): number | undefined {
  return grace?.ms === null || grace?.ms === undefined || !Number.isFinite(grace.ms) ? undefined : grace.ms - preStopMs;
}
