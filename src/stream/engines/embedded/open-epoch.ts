// What has been processed since the last commit. The batches are kept until then: when a record fails, the state goes back
// to the last commit and the good records are processed once more (failed-record.ts).
import type { DeadLetter } from './dead-letters.ts';
import type { EpochEvent, Progress } from './chain.ts';
import type { Run } from './intake.ts';
import { isParked } from './parked.ts';

export class OpenEpoch {
  readonly segments: Run[] = [];
  readonly deadLetters: DeadLetter[] = [];
  readonly events: EpochEvent[] = [];
  /** `[partition, records]` in order. */
  readonly runs: [number, number][] = [];
  /** By partition, after what was processed. */
  readonly progress: Progress[];
  records = 0;
  /** Records that were parked by earlier epochs and worked off in this one. */
  workedOff = 0;
  /** When the first record was processed; null while there is none. Monotonic milliseconds. */
  startedAtMs: number | null = null;

  constructor(progress: readonly Progress[]) {
    this.progress = [...progress];
  }

  /** Records that were processed, be they new or parked before. */
  get processed(): number {
    return this.records + this.workedOff;
  }

  get isEmpty(): boolean {
    return this.processed === 0 && this.events.length === 0;
  }

  /** Records `from` … `to` − 1 are done. */
  add({ batch, from, to }: Run, nowMs: number): void {
    if (to === from) return;
    const { partition } = batch;
    const last = this.segments.at(-1);
    if (last?.batch === batch && last.to === from) this.segments[this.segments.length - 1] = { ...last, to };
    else this.segments.push({ batch, from, to });
    this.startedAtMs ??= nowMs;
    if (isParked(batch)) {
      // The place after it was committed when it was parked.
      batch.done(from, to);
      this.workedOff += to - from;
      return;
    }
    const run = this.runs.at(-1);
    if (run?.[0] === partition) run[1] += to - from;
    else this.runs.push([partition, to - from]);
    const { records } = this.progress[partition]!;
    this.progress[partition] = { records: records + to - from, position: batch.positionAfter(to - 1) };
    this.records += to - from;
  }
}
