// Runs the acts of the demo and shows what they showed.
import { systemClock } from '../../base/clock.ts';
import type { Settings } from '../command.ts';
import type { Output } from '../output.ts';
import { progressBar, progressLine } from '../progress.ts';
import { stateDirectory } from '../state-directory.ts';
import { count } from '../text.ts';
import { runStreamDemo } from './stream/run.ts';
import { renderVerdict } from './stream/verdict.ts';

/** So that the line fits 80 columns. */
const BAR_WIDTH = 12;

export async function runDemo(
  { records, seed }: { readonly records: number; readonly seed: number },
  settings: Settings,
  output: Output,
): Promise<number> {
  const progress = progressLine(output, () => systemClock.monotonicMs());
  const rate = recentRate(() => systemClock.monotonicMs());
  progress.say(
    `Two runs over ${count(records)} US flights of 2001, side by side. Each flight is predicted (more than 15 minutes late?)\n` +
      'before it is learnt. One run is left in peace; the other is stopped, killed and damaged on its way (seed ' +
      `${seed}).`,
  );
  return runStreamDemo({
    records,
    seed,
    stateDir: stateDirectory(settings),
    say: progress.say,
    progress(done, total, score) {
      const share = `${progressBar(done / total, BAR_WIDTH)} ${String(Math.floor((done / total) * 100)).padStart(3)} %`;
      const quality = `log loss ${score.logLoss.toFixed(4)} (base rate ${score.baselineLogLoss.toFixed(4)})  AUC ${score.auc.toFixed(4)}`;
      progress.show(`${share}  ${quality}  ${count(Math.round(rate(done)))}/s`);
    },
    conclude(verdict) {
      progress.end();
      output.result(verdict, () => renderVerdict(verdict));
    },
  });
}

/** Over this long; the interruptions would make a shorter mean jump. */
const RATE_MS = 10_000;

function recentRate(nowMs: () => number): (done: number) => number {
  const seen: { readonly atMs: number; readonly done: number }[] = [];
  return (done) => {
    const atMs = nowMs();
    seen.push({ atMs, done });
    while (atMs - seen[0]!.atMs > RATE_MS) seen.shift();
    const first = seen[0]!;
    return atMs === first.atMs ? 0 : Math.max(0, ((done - first.done) / (atMs - first.atMs)) * 1_000);
  };
}
