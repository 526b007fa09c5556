// The branching pipeline as a program of its own, to be killed and steered through the control socket. It says `epoch N`
// after its N-th commit, and exits with what its unit says.
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runPipeline } from '../engines/embedded/start.ts';
import type { RunOptions } from '../engines/embedded/start.ts';
import { arraySource } from '../testdata/array-source.ts';
import { branching, items } from './branching.ts';

export interface BranchingProgram {
  /** Records in the source, which come ten at a time. */
  readonly records: number;
  /** Between two reads. */
  readonly everyMs: number;
  readonly unit?: RunOptions;
  readonly archive?: { readonly everyRecords: number };
}

export async function runBranching({ records, everyMs, unit = {}, archive }: BranchingProgram): Promise<void> {
  const source = arraySource([items(0, records)], { batch: 10, onRead: () => sleep(everyMs) });
  let epochs = 0;
  const published = (): void => void writeSync(1, `epoch ${(epochs += 1)}\n`);
  const given = { records: 20, every: '10ms', faults: { published }, ...(archive && { archive }) } as const;
  await runPipeline(branching(source, given), unit);
}
