// The few numbers that the main thread and the watchdog share without messages: who writes the report (one atomic
// operation decides) and the counts of work, so that the watchdog's report is right although the main loop is blocked.
import type { WorkCounts, WorkLedger } from '../core/work.ts';

/** Who claimed the right to write the report. */
export type Claimant = 'main' | 'watchdog';

const CLAIMANTS: Readonly<Record<Claimant, number>> = { main: 1, watchdog: 2 };
const NOBODY = 0;
/** The claim, padded to where 64-bit floats may begin. */
const CLAIM_BYTES = 8;
/** Settled in four ways, and in flight; what was accepted is their sum. */
const NUMBERS = 5;

export class SharedAccount {
  readonly buffer: SharedArrayBuffer;
  readonly #claim: Int32Array;
  readonly #numbers: Float64Array;

  constructor(buffer = new SharedArrayBuffer(CLAIM_BYTES + 8 * NUMBERS)) {
    this.buffer = buffer;
    this.#claim = new Int32Array(buffer, 0, 1);
    this.#numbers = new Float64Array(buffer, CLAIM_BYTES);
  }

  /** `true` for exactly one caller, in whichever thread. */
  claimReport(by: Claimant): boolean {
    return Atomics.compareExchange(this.#claim, 0, NOBODY, CLAIMANTS[by]) === NOBODY;
  }

  /** Whether somebody has claimed it: from then on the unit is over, and its report tells of it. */
  get reportClaimed(): boolean {
    return Atomics.load(this.#claim, 0) !== NOBODY;
  }

  mirror(ledger: WorkLedger): void {
    const numbers = this.#numbers;
    const { counts } = ledger;
    numbers[0] = counts.finished;
    numbers[1] = counts.returned;
    numbers[2] = counts.lost;
    numbers[3] = counts.unknown;
    numbers[4] = ledger.inFlight;
  }

  /** What was mirrored last. The sum always holds, also when read while the other thread is writing. */
  read(): { readonly counts: WorkCounts; readonly inFlight: number } {
    const [finished = 0, returned = 0, lost = 0, unknown = 0, inFlight = 0] = this.#numbers;
    const accepted = finished + returned + lost + unknown + inFlight;
    return { counts: { accepted, finished, returned, lost, unknown }, inFlight };
  }
}
