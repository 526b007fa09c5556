// `node engine.ts SINK RECORDS FOLDER`: the flights pipeline in a process of its own; prints the milliseconds from being
// ready to its end. SINK `unpersisted` runs the same without any persistence.
import { startPipeline } from '../../../src/stream/index.ts';
import { tellUsage } from '../../usage.ts';
import { flightsInto, type FlightsSink } from '../flights.ts';
import { runUnpersisted } from './unpersisted.ts';

tellUsage();
const [sink, records, folder] = process.argv.slice(2) as [FlightsSink | 'unpersisted', string, string];
const pipeline = flightsInto(sink === 'unpersisted' ? 'none' : sink, Number(records));

async function elapsedMs(): Promise<number> {
  if (sink === 'unpersisted') {
    const startedMs = performance.now();
    await runUnpersisted(pipeline, folder);
    return performance.now() - startedMs;
  }
  const running = await startPipeline(pipeline, { stateDir: folder, log: false, control: false });
  const startedMs = performance.now();
  const { exitCode, work } = await running.ended;
  if (exitCode !== 0 || work.finished !== Number(records)) throw new Error(`exit code ${exitCode}`);
  return performance.now() - startedMs;
}

const tookMs = await elapsedMs();
process.stdout.write(`${JSON.stringify({ tookMs })}\n`);
