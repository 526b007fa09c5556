// A pipeline with things to stop alone, for tests: the step and two parts each count what they see and draw no numbers in
// common, so that each branch's outputs tell which records it had, in which order, and whether any came twice.
import type { DurationInput } from '../../base/duration.ts';
import { pipeline } from '../pipeline.ts';
import type { Pipeline } from '../pipeline.ts';
import { stoppable } from '../parts.ts';
import type { Source } from '../ports.ts';
import { keyedValue } from '../state/index.ts';
import { offsetModel } from '../testdata/offset-model.ts';
import { tableSink } from '../testdata/table-sink.ts';
import type { SinkFaults } from '../testdata/table-sink.ts';

export interface Item {
  readonly id: number;
}

export interface BranchingGiven {
  /** Default 50. */
  readonly records?: number;
  /** Time between commits. Default 1h. */
  readonly every?: DurationInput;
  readonly parkedMax?: number;
  readonly parkedBytesMax?: number;
  readonly faults?: SinkFaults;
  /** Called before `audit` sees a record. */
  readonly before?: (item: Readonly<Item>) => void;
  readonly batchStep?: boolean;
  readonly archive?: 'never' | { readonly everyRecords: number };
}

/** `audit` parks and does without the models, `tally` passes by and needs both; `price` parks, `hint` passes by. */
export function branching(source: Source<Item>, given: BranchingGiven = {}): Pipeline {
  const { records = 50, every = '1h', parkedMax, parkedBytesMax, faults = {}, before, archive = 'never' } = given;
  return pipeline('branching', {
    source,
    state: { seen: keyedValue({ initial: 0 }) },
    model: {
      price: stoppable(offsetModel(), { whileStopped: 'park', optional: true }),
      hint: stoppable(offsetModel(), { whileStopped: 'pass', optional: true }),
    },
    process({ id }, { state, model }) {
      const count = state.seen.update('step', (seen) => seen + 1);
      return { id: model.price.predict(id), count, hint: model.hint?.predict(id) ?? null };
    },
    sink: tableSink(faults),
    parts: {
      audit: {
        whileStopped: 'park',
        optional: true,
        uses: [],
        async process(item, { state, position }) {
          // Nothing of the record may be kept beyond the call.
          const { id } = item;
          before?.(item);
          const count = state.seen.update('audit', (seen) => seen + 1);
          return id % 5 === 0 ? [] : [{ id, count, place: position[0]! }];
        },
        sink: tableSink({}, 'audits'),
      },
      tally: {
        whileStopped: 'pass',
        process: ({ id }, { state }) => ({ id, count: state.seen.update('tally', (seen) => seen + 1) }),
        sink: tableSink({}, 'tallies'),
      },
    },
    commit: { records, every },
    archive,
    ...(parkedMax === undefined ? {} : { parkedMax }),
    ...(parkedBytesMax === undefined ? {} : { parkedBytesMax }),
  });
}

/** Records with these ids. */
export function items(from: number, to: number): Item[] {
  return Array.from({ length: to - from }, (_, index) => ({ id: from + index }));
}
