// `npm run drill:stream -- --trials N --io-steps M --seed S --records R --io-records Q --jobs J --json`
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { drillStream } from './drill.ts';

const HELP = `npm run drill:stream -- [--trials 100] [--io-steps 10|all] [--seed 1] [--records 60000]
                        [--io-records 3000] [--jobs CORES] [--json]
Kills the flights pipeline (SIGKILL) at random moments, and at steps of the disk one after the other, and compares the
end with an undisturbed run: records lost, outputs doubled, hash of the model, of the state, of the outputs.
Example: npm run drill:stream -- --trials 1000 --io-steps all
`;

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '100' },
    'io-steps': { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    records: { type: 'string', default: '60000' },
    'io-records': { type: 'string', default: '3000' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  process.stderr.write(`drill:stream: --${name} is a whole number from ${least}, not ${text}\n\n${HELP}`);
  process.exit(2);
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const result = await drillStream({
    trials: whole('trials', values.trials, 0),
    ioSteps: values['io-steps'] === 'all' ? Number.POSITIVE_INFINITY : whole('io-steps', values['io-steps'], 0),
    seed: whole('seed', values.seed, 0),
    records: whole('records', values.records, 1_000),
    ioRecords: whole('io-records', values['io-records'], 100),
    jobs: whole('jobs', values.jobs, 1),
    progress: (text) => process.stderr.write(`${text}\n`),
  });
  for (const violation of result.violations) process.stderr.write(`violation: ${violation}\n`);
  if (values.json) process.stdout.write(`${JSON.stringify({ ...result, violations: result.violations.length })}\n`);
  else {
    process.stdout.write(
      `${result.faults} kills, ${result.faultsOnWorkInFlight} of them on work in flight (seed ${result.seed})\n` +
        `${result.ioSkipped === null ? `the disk's ${result.ioStepsOfRun} steps among them` : `SKIPPED steps of the disk: ${result.ioSkipped}`}\n` +
        `lost ${result.lost}, doubled ${result.doubled}, violations ${result.violations.length}; ` +
        `rate of failure below ${result.bound95} with 95 % confidence\n${result.ok ? 'ok' : 'NOT OK'}\n`,
    );
  }
  return result.ok ? 0 : 1;
}

process.exitCode = await main();
