// The stages of an ending as bars under each other, so that one sees where the time went.
import { formatMs } from '../../base/duration.ts';
import type { StageRecord } from '../../lifecycle/index.ts';
import { table } from '../text.ts';

const BAR_WIDTH = 32;

/**
 * One line a stage: name, bar, time taken, limit, result.
 * @param usedMs what the whole ending took: the width of the bars
 */
export function renderTimeline(stages: readonly StageRecord[], usedMs: number): string {
  const end = Math.max(usedMs, 1, ...stages.map((stage) => stage.atMs + stage.tookMs));
  return table(
    stages.map((stage) => [
      stage.name,
      bar(stage, end),
      formatMs(stage.tookMs),
      `of ${formatMs(stage.capMs)}`,
      stage.result === 'ok' ? '' : wordsOf(stage),
    ]),
    [2],
  );
}

/** Even a stage of no length has a mark at the place where it was. */
function bar(stage: StageRecord, endMs: number): string {
  const from = Math.min(BAR_WIDTH - 1, Math.floor((stage.atMs / endMs) * BAR_WIDTH));
  const to = Math.min(BAR_WIDTH, Math.ceil(((stage.atMs + stage.tookMs) / endMs) * BAR_WIDTH));
  const length = to - from;
  const mark = stage.result === 'skipped' || length < 1 ? '·' : '█'.repeat(length);
  return (' '.repeat(from) + mark).padEnd(BAR_WIDTH, ' ').slice(0, BAR_WIDTH);
}

function wordsOf(stage: StageRecord): string {
  const stuck = (stage.stuck ?? []).length > 0 ? `stuck: ${stage.stuck.join(', ')}` : '';
  const word = stage.result === 'timeout' ? 'ran out of time' : stage.result;
  return [word, stuck, stage.error ?? ''].filter((text) => text !== '').join('; ');
}
