// The flights work, everything durable, end to end with start-up, on one core: `lastcall stream run` against Bytewax doing
// the same maths in plain Python, whole processes in turn.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Installation } from '../../scripts/services/install.ts';
import { type CaseResult, summarise, takeTurns } from '../measure.ts';
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
        rounds: quick ? 2 : 4,
        under,
        installation,
        published,
      };
      for (const operator of ['stateful_map', 'stateful_batch'] as const) yield* against(operator, options);
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

const SINKS: readonly FlightsSink[] = ['rows', 'columns'];

/** Both of our sinks and Bytewax in turn: it takes ten times as long as they do. */
async function* against(operator: BytewaxOperator, options: StreamOptions): AsyncIterable<CaseResult> {
  const { records, rounds, under, installation, published } = options;
  await compareOnce(operator, options);
  const runs: Run[][] = [];
  const measured = (name: string, run: () => Promise<FlightsRun>) => {
    const own: Run[] = [];
    runs.push(own);
    const measure = async (): Promise<number> => {
      const done = await run();
      own.push(done);
      done.remove();
      return (records / done.wallMs) * 1_000;
    };
    return { name, measure };
  };
  const subjects = SINKS.map((sink) => measured(`lastcall, ${sink}`, () => lastcall(sink, records, under, published)));
  const peer = measured(`bytewax, ${operator}`, () => bytewax(operator, records, under, installation));
  const values = await takeTurns([...subjects, peer], { rounds, warmups: 0 });
  const about = { bench: 'stream', case: `${records} flights, start to exit`, unit: 'records/s', rounds };
  for (const [index, { name }] of subjects.entries()) {
    const result = summarise(name, peer.name, values[index]!, values.at(-1)!, about);
    yield { ...result, counts: countsOf(runs[index]!, runs.at(-1)!) };
  }
}

/** One run of each, which also warms the file cache: their predictions are compared, flight by flight. */
async function compareOnce(operator: BytewaxOperator, options: StreamOptions): Promise<void> {
  const { records, under, installation, published } = options;
  const theirs = await bytewax(operator, records, under, installation);
  for (const sink of SINKS) {
    const ours = await lastcall(sink, records, under, published);
    const { logLoss, difference } = requireSame(
      predictionsOf(ours.predictions, sink, records),
      predictionsOf(theirs.predictions, 'csv', records),
    );
    process.stderr.write(`same work: log loss ${logLoss.toFixed(6)}, predictions differ by at most ${difference}\n`);
    ours.remove();
  }
  theirs.remove();
}
