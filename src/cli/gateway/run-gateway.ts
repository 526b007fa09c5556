// Runs a gateway in this process: its log to where it belongs, and the report at the end.
import { resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { loadConfig, startGateway } from '../../gateway/index.ts';
import type { Settings } from '../command.ts';
import type { Output } from '../output.ts';
import { progressLine } from '../progress.ts';
import { renderReport } from '../report/render.ts';
import { logSink } from '../stream/log-sink.ts';
import { count } from '../text.ts';
import { unitOptions } from '../unit-options.ts';

const PROGRESS_MS = 500;

export async function runGateway(file: string, settings: Settings, output: Output): Promise<number> {
  const progress = progressLine(output, () => systemClock.monotonicMs());
  const log = logSink(output, progress);
  const options = { ...unitOptions(settings), ...(log === undefined ? {} : { log }) };
  const running = await startGateway({ config: resolve(file), ...options });
  const { state } = running.engine;
  const timer = setInterval(() => {
    const { arrived, inFlight, waiting, refused } = state.totals;
    progress.show(`${count(arrived)} requests, ${inFlight} in flight, ${waiting} waiting, ${count(refused)} refused`);
  }, PROGRESS_MS);
  timer.unref();
  const report = await running.ended;
  clearInterval(timer);
  progress.end();
  if (output.format === 'people') output.result(report, () => renderReport(report, output));
  return report.exitCode;
}

/** @throws LastcallError with file and line of what is wrong */
export async function checkGatewayFile(file: string, output: Output): Promise<number> {
  const { core, pools } = await loadConfig(resolve(file), process.cwd());
  const counts = {
    ok: true,
    routes: core.routes.all.length,
    models: core.models.size,
    versions: pools.size,
    instances: [...pools.values()].reduce((sum, { instances }) => sum + instances.length, 0),
  };
  output.result(counts, () => {
    return `${file} is fine: ${counts.routes} routes, ${counts.models} models, ${counts.versions} versions, ${counts.instances} instances`;
  });
  return 0;
}
