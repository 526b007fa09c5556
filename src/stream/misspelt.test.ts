// Programs without a type check: everything of a stream that takes options refuses those that it does not know.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LastcallError } from '../base/errors.ts';
import {
  columns,
  csv,
  csvFiles,
  fromIterable,
  http,
  httpIngest,
  jsonl,
  jsonlFiles,
  keyedValue,
  numbers,
  onlineLogistic,
  onnx,
  parquet,
  pipeline,
  runPipeline,
  slidingCount,
  slidingMean,
  sqlite,
  sqliteTable,
} from './index.ts';

/** As a program without types calls it. */
type Untyped = (...given: unknown[]) => unknown;
const untyped = (made: unknown): Untyped => made as Untyped;

const step = { source: fromIterable('x', []), process: () => undefined };
const inPipeline = (options: object): (() => unknown) => {
  return () => untyped(pipeline)('p', { ...step, ...options });
};
const port = { name: 'x', width: 1 };

const MISSPELT: readonly (readonly [() => unknown, string, string])[] = [
  [() => untyped(jsonl)('f', { folow: true }), 'jsonl, f: folow', 'follow'],
  [() => untyped(jsonl)('f', { parser: String }), 'jsonl, f: parser', 'parse'],
  [() => untyped(csv)('f', { delimeter: ';' }), 'csv, f: delimeter', 'delimiter'],
  [() => untyped(csv)('f', { recordBytesMx: 9 }), 'csv, f: recordBytesMx', 'recordBytesMax'],
  [() => untyped(parquet)('f', { partition: 2 }), 'parquet, f: partition', 'partitions'],
  [() => untyped(sqliteTable)('f', { table: 't', orderby: 'id' }), 'sqliteTable, f: orderby', 'orderBy'],
  [() => untyped(httpIngest)({ port: 0, tokn: 'secret' }), 'httpIngest: tokn', 'token'],
  [() => untyped(sqlite)('o', { colums: {} }), 'sqlite, table o: colums', 'columns'],
  [() => untyped(columns)('o', { colums: {} }), 'columns, table o: colums', 'columns'],
  [() => untyped(jsonlFiles)('d', { partByte: 1 }), 'jsonlFiles, d: partByte', 'partBytes'],
  [() => untyped(csvFiles)('d', { partRecord: 1 }), 'csvFiles, d: partRecord', 'partRecords'],
  [() => untyped(http)('https://example.org', { header: {} }), 'http: header', 'headers'],
  [() => untyped(slidingCount)({ by: 'k', windw: '2h' }), 'slidingCount: windw', 'window'],
  [() => untyped(slidingMean)({ bi: 'k', window: '2h' }), 'slidingMean: bi', 'by'],
  [() => untyped(keyedValue)({ inital: 0 }), 'keyedValue: inital', 'initial'],
  [() => untyped(numbers)({ lenght: 3 }), 'numbers: lenght', 'length'],
  [() => untyped(onlineLogistic)({ features: 16, seed: 1, l3: 0 }), 'onlineLogistic: l3', 'l2'],
  [() => untyped(onnx)('m', { input: port, output: port, thread: 2 }), 'onnx: thread', 'threads'],
  [() => untyped(onnx)('m', { input: { nam: 'x' }, output: port }), 'onnx.input: nam', 'name'],
  [() => untyped(onnx)('m', { input: port, output: port, timeouts: { lod: 1 } }), 'onnx.timeouts: lod', 'load'],
  [inPipeline({ snk: 1 }), 'p: snk', 'sink'],
  [inPipeline({ commit: { evry: 5 } }), 'p: commit: evry', 'every'],
  [inPipeline({ archive: { keepfor: '1d' } }), 'p: archive: keepfor', 'keepFor'],
  [inPipeline({ onError: { retires: 3, then: 'stop' } }), 'p: onError: retires', 'retries'],
  [inPipeline({ calls: { score: { timout: '1s' } } }), 'p: calls.score: timout', 'timeout'],
];

for (const [make, on, meant] of MISSPELT) {
  test(`an option that is misspelt is refused with the one that was meant: ${on}`, () => {
    const error = refusal(make);
    assert.equal(error.on, on);
    assert.match(error.todo, new RegExp(`^Did you mean ${meant}\\? Known are: `));
  });
}

test('an option of a run that is misspelt is refused', async () => {
  const run = untyped(runPipeline)(pipeline('p', step), { leese: '10s' }) as Promise<unknown>;
  await assert.rejects(run, /p: run: leese: .* Did you mean lease\?/);
});

const MISSING: readonly (readonly [() => unknown, RegExp])[] = [
  [() => untyped(jsonl)(), /^jsonl: the path of a file, or a pattern, is missing\. /],
  [() => untyped(csv)(), /^csv: the path of a file, or a pattern, is missing\. /],
  [() => untyped(parquet)(), /^parquet: the path of a file is missing\. /],
  [() => untyped(sqliteTable)('f'), /^sqliteTable, f: the options are missing\. /],
  [() => untyped(sqliteTable)('f', {}), /^sqliteTable\.table: the name of a table is missing\. /],
  [() => untyped(fromIterable)(), /^fromIterable: the name of the source is missing\. /],
  [() => untyped(httpIngest)(), /^httpIngest: the options are missing\. /],
  [() => untyped(httpIngest)({}), /^httpIngest\.port: the port is missing\. /],
  [() => untyped(httpIngest)({ port: 70_000 }), /^httpIngest\.port: 70000 is not a port\. /],
  [() => untyped(sqlite)(), /^sqlite: the name of a table is missing\. /],
  [() => untyped(columns)(), /^columns: the name of a table is missing\. /],
  [() => untyped(jsonlFiles)(), /^jsonlFiles: the path of a directory is missing\. /],
  [() => untyped(csvFiles)(), /^csvFiles: the path of a directory is missing\. /],
  [() => untyped(http)(), /^http: a URL is missing\. /],
  [() => untyped(slidingCount)(), /^slidingCount: the options are missing\. /],
  [() => untyped(slidingCount)({ by: 'k' }), /^slidingCount\.window: the window is missing\. /],
  [() => untyped(slidingMean)({ window: '2h' }), /^slidingMean\.by: the name of a field, or a function, is missing\. /],
  [() => untyped(keyedValue)(), /^keyedValue: the options are missing\. /],
  [() => untyped(numbers)(), /^numbers: the options are missing\. /],
  [() => untyped(onlineLogistic)(), /^onlineLogistic: the options are missing\. /],
  [() => untyped(onnx)('m'), /^onnx: the options are missing\. /],
  [() => untyped(onnx)('m', { output: port }), /^onnx\.input: the options are missing\. /],
  [() => untyped(onnx)('m', { input: { width: 1 }, output: port }), /^onnx\.input\.name: a name is missing\. /],
  [() => untyped(pipeline)(undefined, step), /^pipeline: its name is missing\. /],
  [() => untyped(pipeline)('p'), /^p: the options are missing\. /],
  [inPipeline({ archive: 'nver' }), /^p: archive: "nver" is no object with options\. /],
  [inPipeline({ onError: 'stopp' }), /^p: onError: "stopp" is no object with options\. /],
];

for (const [make, expected] of MISSING) {
  test(`what is missing or no option at all is named: ${expected.source}`, () => {
    assert.match(refusal(make).message, expected);
  });
}

function refusal(make: () => unknown): LastcallError {
  try {
    make();
  } catch (error) {
    assert.ok(error instanceof LastcallError, String(error));
    assert.equal(error.code, 'usage');
    return error;
  }
  return assert.fail('it was taken');
}
