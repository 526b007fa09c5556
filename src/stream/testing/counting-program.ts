// The counting pipeline as a program of its own, to be killed, stopped and fenced. It says `commit EPOCH RECORDS` after
// each commit, and exits with what its unit says.
import { writeSync } from 'node:fs';
import { runPipeline } from '../engines/embedded/start.ts';
import type { RunOptions } from '../engines/embedded/start.ts';
import { counting, events } from './counting.ts';
import type { Event } from './counting.ts';

export interface CountingProgram {
  readonly lengths: readonly number[];
  readonly batch?: number;
  readonly records?: number;
  readonly archiveEveryRecords?: number;
  /** Blocks this long for each record, milliseconds. */
  readonly slowMs?: number;
  readonly batches?: 'whole';
  /** Stays at this record for ever, once it is reached. */
  readonly hangAt?: number;
  readonly unit?: RunOptions;
}

export async function runCounting(given: CountingProgram): Promise<void> {
  const { lengths, batch = 500, records = 300, archiveEveryRecords, slowMs = 0, batches, hangAt, unit = {} } = given;
  const before = ({ id }: Readonly<Event>): void => {
    if (id === hangAt) writeSync(1, 'hanging\n');
    const untilMs = performance.now() + (id === hangAt ? Number.POSITIVE_INFINITY : slowMs);
    while (performance.now() < untilMs);
  };
  let total = 0;
  const faults = {
    commit: (epoch: number) => void (total = epoch),
    published: () => void writeSync(1, `commit ${total}\n`),
  };
  const archive = archiveEveryRecords === undefined ? {} : { archive: { everyRecords: archiveEveryRecords } };
  await runPipeline(
    counting(events(...lengths), { batch, records, before, faults, ...archive, ...(batches && { batches }) }),
    unit,
  );
}
