// `npm run drill:scheduler -- --trials N --seed S --json`
import { parseArgs } from 'node:util';
import { drillScheduler } from './drill.ts';

const HELP = `npm run drill:scheduler -- [--trials 100] [--seed 1] [--json]
Kills the scheduler (SIGKILL) at each of its steps in turn, with twenty jobs about, and looks in the end whether each job is
over as it should be, none ran twice at once or worked twice, nothing is left, and everything is free.
Example: npm run drill:scheduler -- --trials 1000
`;

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  const trials = Number(values.trials);
  const seed = Number(values.seed);
  if (values.help || !Number.isSafeInteger(trials) || trials < 1 || !Number.isSafeInteger(seed)) {
    (values.help ? process.stdout : process.stderr).write(HELP);
    return values.help ? 0 : 2;
  }
  const result = await drillScheduler({ trials, seed, progress: (text) => process.stderr.write(`${text}\n`) });
  for (const violation of result.violations) process.stderr.write(`violation: ${violation}\n`);
  if (values.json) process.stdout.write(`${JSON.stringify({ ...result, violations: result.violations.length })}\n`);
  else {
    process.stdout.write(
      `${result.faults} kills over ${result.steps} steps, ${result.faultsOnWorkInFlight} of them on work in flight (seed ${result.seed})\n` +
        `lost ${result.lost}, doubled ${result.doubled}, leaked ${result.leaked}, violations ${result.violations.length}; ` +
        `rate of failure below ${result.bound95} with 95 % confidence\n${result.ok ? 'ok' : 'NOT OK'}\n`,
    );
  }
  return result.ok ? 0 : 1;
}

process.exitCode = await main();
