// The flights work, everything durable, end to end with start-up, on one core: `lastcall stream run` against Bytewax doing
// the same maths in plain Python, whole processes in turn.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Installation } from '../../scripts/services/install.ts';
import { pair, type CaseResult } from '../measure.ts';
import { countsOf, type Run } from '../program.ts';
import type { Bench } from '../table.ts';
import type { FlightsSink } from './flights.ts';
import { predictionsOf, requireSame } from './predictions.ts';
import { installPublished, type Published } from './published.ts';
import { bytewax, installBytewax, lastcall, type BytewaxOperator, type FlightsRun } from './runs.ts';

const RECORDS = 1_000_000;
const QUICK_RECORDS = 100_000;

export const stream: Bench = {
  about: 'flights pipeline from start to exit, rows and columns, against Bytewax doing the same maths',
  async *run({ quick }) {
    const installation = await installBytewax();
    const under = mkdtempSync(join(tmpdir(), 'lastcall-bench-'));
    try {
      const published = installPublished(under);
      const options = {
        records: quick ? QUICK_RECORDS : RECORDS,
        rounds: quick ? 2 : 5,
        under,
        installation,
        published,
      };
      for (const operator of ['stateful_map', 'stateful_batch'] as const) {
        for (const sink of ['rows', 'columns'] as const) yield await against(operator, sink, options);
      }
    } finally {
      rmSync(under, { recursive: true });
    }
  },
};

interface StreamOptions {
  readonly records: number;
  readonly rounds: number;
  readonly under: string;
  readonly installation: Installation;
  readonly published: Published;
}

async function against(operator: BytewaxOperator, sink: FlightsSink, options: StreamOptions): Promise<CaseResult> {
  const { records, rounds, under, installation, published } = options;
  await compareOnce(operator, sink, options);
  const ours: Run[] = [];
  const theirs: Run[] = [];
  const measured = (name: string, runs: Run[], run: () => Promise<FlightsRun>) => ({
    name,
    measure: async () => {
      const done = await run();
      runs.push(done);
      done.remove();
      return (records / done.wallMs) * 1_000;
    },
  });
  const result = await pair(
    measured(`lastcall, ${sink}`, ours, () => lastcall(sink, records, under, published)),
    measured(`bytewax, ${operator}`, theirs, () => bytewax(operator, records, under, installation)),
    { bench: 'stream', case: `${records} flights, start to exit`, unit: 'records/s', rounds, warmups: 0 },
  );
  return { ...result, counts: countsOf(ours, theirs) };
}

/** One run of each, which also warms the file cache: their predictions are compared, flight by flight. */
async function compareOnce(operator: BytewaxOperator, sink: FlightsSink, options: StreamOptions): Promise<void> {
  const { records, under, installation, published } = options;
  const ours = await lastcall(sink, records, under, published);
  const theirs = await bytewax(operator, records, under, installation);
  const { logLoss, difference } = requireSame(
    predictionsOf(ours.predictions, sink, records),
    predictionsOf(theirs.predictions, 'csv', records),
  );
  process.stderr.write(`same work: log loss ${logLoss.toFixed(6)}, predictions differ by at most ${difference}\n`);
  ours.remove();
  theirs.remove();
}
