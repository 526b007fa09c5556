// One run of the flights work by each contender, as a whole process from its start to its exit, on empty state.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flightsFile } from '../../examples/flights/pipeline.ts';
import { findInstalled, install, type Installation } from '../../scripts/services/install.ts';
import { findService } from '../../scripts/services/table.ts';
import { runProgram, type Run } from '../program.ts';
import type { FlightsSink } from './flights.ts';
import type { Published } from './published.ts';

/** A run whose outputs lie where `predictions` says until `remove`. */
export interface FlightsRun extends Run {
  readonly predictions: string;
  remove(): void;
}

const BARE = fileURLToPath(new URL('./bare/bare.ts', import.meta.url));
const DATAFLOW = fileURLToPath(new URL('./bytewax/', import.meta.url));
/** Seconds between Bytewax's snapshots: its own default where it runs without recovery. */
const SNAPSHOT_S = '10';

/** `lastcall stream run`; its predictions are in the database of the state. */
export async function lastcall(
  sink: FlightsSink,
  records: number,
  under: string,
  { bin, pipeline }: Published,
): Promise<FlightsRun> {
  const folder = mkdtempSync(join(under, 'lastcall-'));
  const words = [process.execPath, bin, 'stream', 'run', pipeline, '--state-dir', folder];
  const env = { BENCH_SINK: sink, BENCH_RECORDS: String(records) };
  const run = await runProgram(words, { folder, env });
  return { ...run, predictions: join(folder, 'pipelines', 'flights', 'state.db'), remove: () => removed(folder) };
}

/** `stateful_map`: a call for each record, as its documentation has it. `stateful_batch`: its quicker interface. */
export type BytewaxOperator = 'stateful_map' | 'stateful_batch';

/** A Bytewax dataflow with recovery on; its predictions are lines `id,p,y`. */
export async function bytewax(
  operator: BytewaxOperator,
  records: number,
  under: string,
  { folder: venv }: Installation,
): Promise<FlightsRun> {
  const folder = mkdtempSync(join(under, 'bytewax-'));
  const python = join(venv, 'bin', 'python');
  const recovery = join(folder, 'recovery');
  mkdirSync(recovery);
  const made = spawnSync(python, ['-m', 'bytewax.recovery', recovery, '1'], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`bytewax.recovery: ${made.stderr}`);
  const predictions = join(folder, 'predictions.csv');
  const words = [python, '-m', 'bytewax.run', 'flights:flow', '-r', recovery, '-s', SNAPSHOT_S, '-b', '0'];
  const env = {
    PYTHONPATH: DATAFLOW,
    PYTHONDONTWRITEBYTECODE: '1',
    BENCH_OPERATOR: operator,
    BENCH_FILE: flightsFile(),
    BENCH_RECORDS: String(records),
    BENCH_OUTPUT: predictions,
  };
  return { ...(await runProgram(words, { cwd: DATAFLOW, folder, env })), predictions, remove: () => removed(folder) };
}

/** hyparquet and a plain loop; nothing is stored, so there are no predictions to look at. */
export async function bare(records: number, under: string): Promise<FlightsRun> {
  const folder = mkdtempSync(join(under, 'bare-'));
  const run = await runProgram([process.execPath, BARE, flightsFile(), String(records)], { folder, env: {} });
  return { ...run, predictions: '', remove: () => removed(folder) };
}

/** @throws Error that says why there is no Bytewax here */
export async function installBytewax(): Promise<Installation> {
  const service = findService('bytewax');
  return findInstalled(service) ?? (await install(service, (text) => process.stderr.write(`bytewax: ${text}\n`)));
}

function removed(folder: string): void {
  rmSync(folder, { recursive: true });
}
