// `node bare.ts FILE RECORDS`: decodes with hyparquet, one row group after the other, and runs the plain loop over it.
// Nothing is stored. Prints the log loss, to compare.
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { tellUsage } from '../../usage.ts';
import { learn } from './arithmetic.ts';

tellUsage();

const COLUMNS = ['date', 'delay', 'distance', 'origin', 'destination'] as const;
const LATE_MINUTES = 15;
/** Dates as milliseconds: making an object of each costs more than decoding it. */
const parsers = { ...DEFAULT_PARSERS, timestampFromMicroseconds: (micros: bigint) => Number(micros) / 1_000 };

const [path, records] = [process.argv[2]!, Number(process.argv[3])];
const file = await asyncBufferFromFile(path);
const metadata = await parquetMetadataAsync(file);
let done = 0;
let loss = 0;
for (const group of metadata.row_groups) {
  if (done >= records) break;
  const length = Math.min(Number(group.num_rows), records - done);
  const columns: Record<string, ArrayLike<unknown>> = {};
  await parquetRead({
    file,
    metadata,
    columns: [...COLUMNS],
    compressors,
    parsers,
    rowStart: done,
    rowEnd: done + length,
    onChunk: ({ columnName, columnData }) => (columns[columnName] = joined(columns[columnName], columnData)),
  });
  const numbers = (name: string): Float64Array => asNumbers(columns[name] as ArrayLike<number | bigint>);
  const delay = numbers('delay');
  const probabilities = learn({
    length,
    date: numbers('date'),
    delay,
    distance: numbers('distance'),
    origin: columns['origin'] as string[],
    destination: columns['destination'] as string[],
  });
  for (let row = 0; row < length; row++) {
    loss -= Math.log(delay[row]! > LATE_MINUTES ? probabilities[row]! : 1 - probabilities[row]!);
  }
  done += length;
}
process.stdout.write(`${JSON.stringify({ records: done, logLoss: loss / done })}\n`);

function asNumbers(values: ArrayLike<number | bigint>): Float64Array {
  const numbers = new Float64Array(values.length);
  for (let row = 0; row < numbers.length; row++) numbers[row] = Number(values[row]);
  return numbers;
}

/** A column chunk of several pages comes in as many pieces. */
function joined(before: ArrayLike<unknown> | undefined, next: ArrayLike<unknown>): ArrayLike<unknown> {
  return before === undefined ? next : [...Array.from(before), ...Array.from(next)];
}
