// How much of what is possible remains: the pipeline with columnar outputs, everything durable, against hyparquet and a
// plain loop that stores nothing. Whole processes in turn, on one core.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pair } from '../measure.ts';
import { countsOf, type Run } from '../program.ts';
import type { Bench } from '../table.ts';
import { predictionsOf } from './predictions.ts';
import { installPublished, type Published } from './published.ts';
import { bare, lastcall } from './runs.ts';

/** Most that the log losses may differ: then both did the same work. */
const LOSS_DIFFERENCE_MAX = 1e-9;

export const ceiling: Bench = {
  about: 'flights pipeline with columnar outputs against hyparquet and a plain loop that stores nothing',
  async *run({ quick }) {
    const under = mkdtempSync(join(tmpdir(), 'lastcall-bench-'));
    try {
      const published = installPublished(under);
      for (const records of quick ? [100_000] : [1_000_000, 3_000_000]) {
        await compareOnce(records, under, published);
        const ours: Run[] = [];
        const loops: Run[] = [];
        const result = await pair(
          {
            name: 'lastcall, columns',
            measure: async () => {
              const run = await lastcall('columns', records, under, published);
              run.remove();
              ours.push(run);
              return (records / run.wallMs) * 1_000;
            },
          },
          {
            name: 'hyparquet and a loop',
            measure: async () => {
              const run = await bare(records, under);
              run.remove();
              loops.push(run);
              return (records / run.wallMs) * 1_000;
            },
          },
          { bench: 'ceiling', case: `${records} flights, start to exit`, unit: 'records/s', rounds: quick ? 3 : 7 },
        );
        yield { ...result, counts: countsOf(ours, loops) };
      }
    } finally {
      rmSync(under, { recursive: true });
    }
  },
};

async function compareOnce(records: number, under: string, published: Published): Promise<void> {
  const loop = await bare(records, under);
  const ours = await lastcall('columns', records, under, published);
  const { probabilities, outcomes } = predictionsOf(ours.predictions, 'columns', records);
  const total = probabilities.reduce((sum, p, flight) => sum - Math.log(outcomes[flight] === 1 ? p : 1 - p), 0);
  const { logLoss } = JSON.parse(loop.stdout) as { logLoss: number };
  loop.remove();
  ours.remove();
  if (Math.abs(total / records - logLoss) > LOSS_DIFFERENCE_MAX) {
    throw new Error(`the loop has a log loss of ${logLoss}, the pipeline of ${total / records}: not the same work`);
  }
}
