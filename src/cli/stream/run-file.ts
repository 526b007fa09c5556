// Runs a pipeline in this process: its log to where it belongs, progress, and the report at the end.
import { systemClock } from '../../base/clock.ts';
import { processOwner } from '../../lifecycle/process/owner.ts';
import { type RunningPipeline, startPipeline } from '../../stream/index.ts';
import type { Settings } from '../command.ts';
import { asLastcallError } from '../failure.ts';
import type { Output } from '../output.ts';
import { describeProgress, progressLine } from '../progress.ts';
import { renderReport } from '../report/render.ts';
import { count } from '../text.ts';
import { unitOptions } from '../unit-options.ts';
import { loadPipeline } from './load-pipeline.ts';
import { logSink } from './log-sink.ts';
import { limitYoungObjects } from './young-objects.ts';

const PROGRESS_MS = 100;
/** For a message to be written, before what keeps the process alive is cut. */
const MESSAGE_MS = 200;

export async function runFile(file: string, settings: Settings, output: Output): Promise<number> {
  endWithParent();
  limitYoungObjects();
  const progress = progressLine(output, () => systemClock.monotonicMs());
  const log = logSink(output, progress);
  const options = { ...unitOptions(settings), ...(log === undefined ? {} : { log }) };
  const running = await loadPipeline(file)
    .then((pipeline) => startPipeline(pipeline, options))
    .catch((error: unknown) => {
      // What the module has begun beside a pipeline would keep this process at work for nothing: units end by their stages.
      if (!processOwner.fail(asLastcallError(error))) setTimeout(() => process.exit(), MESSAGE_MS).unref();
      throw error;
    });
  const timer = setInterval(() => progress.show(progressOf(running)), PROGRESS_MS);
  timer.unref();
  const report = await running.ended;
  clearInterval(timer);
  progress.end();
  // As JSON the report is part of the log's last line.
  if (output.format === 'people') output.result(report, () => renderReport(report, output));
  return report.exitCode;
}

function progressOf(running: RunningPipeline): string {
  const now = running.progress();
  if (now === null) return `${running.unit.name}: opening`;
  const { records, recordsTotal, recordsPerSecond, deadLetters } = now;
  const dead = deadLetters > 0 ? `  ${count(deadLetters)} dead letters` : '';
  return `${describeProgress(records, recordsTotal, recordsPerSecond, 'records')}${dead}`;
}

/**
 * A program that starts us with an IPC channel owns us: when it is gone, however it went, nobody else would end us. The
 * signal comes from ourselves, since that is heard from the first moment on.
 */
function endWithParent(): void {
  if (!process.connected) return;
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}
