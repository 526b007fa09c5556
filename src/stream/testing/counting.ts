// The pipeline that tests run: it counts, draws a random number and gives what it saw, so that any record that is lost,
// doubled or out of order changes everything that follows.
import { pipeline } from '../pipeline.ts';
import type { ArchiveOptions, Context, Pipeline } from '../pipeline.ts';
import { arraySource } from '../testdata/array-source.ts';
import type { ArraySource, ArraySourceOptions } from '../testdata/array-source.ts';
import { ledger } from '../testdata/ledger-state.ts';
import type { Ledger } from '../testdata/ledger-state.ts';
import { tableSink } from '../testdata/table-sink.ts';
import type { SinkFaults } from '../testdata/table-sink.ts';

export interface Event {
  readonly id: number;
  readonly key: string;
}

/** Partitions of events, with ids that tell them apart. */
export function events(...lengths: number[]): Event[][] {
  return lengths.map((length, partition) =>
    Array.from({ length }, (_, index) => ({ id: partition * 1_000_000 + index, key: `k${(index * 7) % 13}` })),
  );
}

export interface Given extends ArraySourceOptions {
  /** Records in an epoch; default 20,000. */
  readonly records?: number;
  readonly faults?: SinkFaults;
  readonly step?: 'record' | 'batch' | 'async';
  readonly archive?: ArchiveOptions;
  readonly seed?: number;
  /** In place of an array of the events. */
  readonly source?: ArraySource<Event>;
  /** Called before each record. */
  readonly before?: (event: Readonly<Event>) => void;
}

type Counted = Context<{ seen: Ledger }>;

export function counting(partitions: readonly (readonly Event[])[], given: Given = {}): Pipeline {
  const { records = 20_000, faults = {}, step = 'record', seed = 1, archive, source, before, ...sourceOptions } = given;
  const common = {
    source: source ?? arraySource<Event>(partitions, sourceOptions),
    state: { seen: ledger() },
    sink: tableSink(faults),
    commit: { records, every: '1h' },
    archive: archive ?? ('never' as const),
    seed,
  };
  const count = ({ id, key }: Readonly<Event>, { state, random }: Pick<Counted, 'state' | 'random'>): unknown => {
    before?.({ id, key });
    return { id, count: state.seen.see(key, id), key, draw: random.next() };
  };
  if (step === 'batch') {
    return pipeline('counting', {
      ...common,
      processBatch: (batch, context) =>
        Array.from({ length: batch.length }, (_, index) => {
          return count({ id: batch.columns.id[index]!, key: batch.record(index).key }, context);
        }),
    });
  }
  const process =
    step === 'async'
      ? async (event: Readonly<Event>, context: Counted) => count(event, context)
      : (event: Readonly<Event>, context: Counted) => count(event, context);
  return pipeline('counting', { ...common, process });
}
