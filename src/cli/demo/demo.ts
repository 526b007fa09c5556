// Runs the acts of the demo and shows what they showed.
import { systemClock } from '../../base/clock.ts';
import type { Settings } from '../command.ts';
import type { Output } from '../output.ts';
import { describeProgress, progressLine } from '../progress.ts';
import { stateDirectory } from '../state-directory.ts';
import { runStreamDemo } from './stream/run.ts';
import { renderVerdict } from './stream/verdict.ts';

export async function runDemo(
  { records, seed }: { readonly records: number; readonly seed: number },
  settings: Settings,
  output: Output,
): Promise<number> {
  const progress = progressLine(output, () => systemClock.monotonicMs());
  const startedAtMs = systemClock.monotonicMs();
  return runStreamDemo({
    records,
    seed,
    stateDir: stateDirectory(settings),
    say: progress.say,
    progress(done, total, score) {
      const perSecond = (done / (systemClock.monotonicMs() - startedAtMs)) * 1_000;
      const quality = `log loss ${score.logLoss.toFixed(4)} (base rate ${score.baselineLogLoss.toFixed(4)})  AUC ${score.auc.toFixed(4)}`;
      progress.show(`${describeProgress(done, total, perSecond, 'flights')}  ${quality}`);
    },
    conclude(verdict) {
      progress.end();
      output.result(verdict, () => renderVerdict(verdict));
    },
  });
}
