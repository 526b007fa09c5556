// Runs a replay, with progress, and says what came out.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { LastcallError } from '../../base/errors.ts';
import { checkpointBefore, parseTarget, replay } from '../../stream/index.ts';
import type { Replayed } from '../../stream/index.ts';
import type { Settings } from '../command.ts';
import type { Output } from '../output.ts';
import { describeProgress, progressLine } from '../progress.ts';
import { stateDirectory } from '../state-directory.ts';
import { count } from '../text.ts';
import { loadPipeline } from './load-pipeline.ts';

export interface ReplayWords {
  readonly from: string | undefined;
  readonly to: string;
  readonly into: string;
}

export async function replayFile(
  file: string,
  words: ReplayWords,
  settings: Settings,
  output: Output,
): Promise<number> {
  const target = parseTarget(words.to);
  const pipeline = await loadPipeline(file);
  const directory = join(stateDirectory(settings), 'pipelines', pipeline.name);
  const from = words.from === undefined ? checkpointBefore(directory, target) : named(words.from, directory);
  const progress = progressLine(output, () => systemClock.monotonicMs());
  const startedAtMs = systemClock.monotonicMs();
  const total = target.to === 'records' ? target.records : null;
  const onProgress = (records: number): void => {
    const seconds = (systemClock.monotonicMs() - startedAtMs) / 1_000;
    progress.show(describeProgress(records, total, records / Math.max(seconds, 0.001), 'records'));
  };
  const replayed = await replay(pipeline, { directory, from, target, into: resolve(words.into), onProgress });
  progress.end();
  output.result(replayed, () => render(replayed, output));
  return replayed.compared === null || replayed.compared.differences.length === 0 ? 0 : 1;
}

/** Null: the very beginning. */
function named(text: string, directory: string): string | null {
  if (text === 'start') return null;
  const path = [join(directory, 'archives', text), resolve(text)].find((candidate) => existsSync(candidate));
  if (path !== undefined) return path;
  throw new LastcallError('not_found', {
    what: 'there is no such checkpoint',
    on: text,
    todo: `\`lastcall stream inspect ${directory}\` lists the archives; start is the very beginning.`,
  });
}

function render({ pipeline, path, from, to, outputs, deadLetters, compared }: Replayed, output: Output): string {
  const lines = [
    `${pipeline}: replayed ${count(to.records - from.records)} records, from ${from.id ?? 'the beginning'} to ${count(to.records)} records (places ${to.positions.join(', ')})`,
    `${count(outputs)} outputs and ${count(deadLetters)} dead letters since the beginning`,
    `The state is in ${path}`,
  ];
  return [...lines, verdict(compared, output)].join('\n');
}

function verdict(compared: Replayed['compared'], output: Output): string {
  if (compared === null) return 'No epoch that is remembered ended here, so there is nothing to compare with.';
  if (compared.differences.length === 0) {
    return output.paint('green', `It is the state of epoch ${compared.epoch}, bit for bit.`);
  }
  return output.paint('red', `It differs from epoch ${compared.epoch} in: ${compared.differences.join(', ')}.`);
}
