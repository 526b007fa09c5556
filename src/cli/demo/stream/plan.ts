// Where a demo interrupts its run: a pure function of the number of records and the seed, so that a run can be repeated.
import { SeededRandom } from '../../../base/random.ts';

/**
 * - `term`: SIGTERM, the ending by stages
 * - `kill`: SIGKILL, nothing gets a chance
 * - `corrupt`: SIGTERM, and then the newest state is damaged, so that an archive has to be used
 */
export type InterruptionKind = 'term' | 'kill' | 'corrupt';

export interface Interruption {
  readonly kind: InterruptionKind;
  /** It comes once this many records are committed … */
  readonly atRecords: number;
  /** … and this much later: anywhere within a commit, or between two. */
  readonly delayMs: number;
}

const KINDS: readonly InterruptionKind[] = ['term', 'kill', 'kill', 'corrupt', 'kill'];
/** About the time from one commit to the next. */
const DELAY_MS_MAX = 60;

/** One interruption in each of as many equal parts of the run, at a random place in the middle of the part. */
export function planInterruptions(records: number, seed: number): Interruption[] {
  const random = new SeededRandom(seed);
  const part = (records * 0.9) / KINDS.length;
  return KINDS.map((kind, index) => ({
    kind,
    atRecords: Math.floor(part * (index + 0.35 + random.next() * 0.5)),
    delayMs: random.next() * DELAY_MS_MAX,
  }));
}
