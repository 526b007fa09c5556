// `npm run drill:gateway -- --trials N --seed S --json`
import { parseArgs } from 'node:util';
import { drillGateway } from './drill.ts';

const HELP = `npm run drill:gateway -- [--trials 100] [--seed 1] [--json]
A gateway as a process of its own in front of model servers that are processes too. In each trial clients send requests,
uploads and streams, and meanwhile something happens: an instance or a version is drained, an instance is killed (SIGKILL),
a roll-out is promoted or taken back, the configuration is read again. Afterwards the books of clients, gateway and servers
are compared: requests that can be repeated and were not answered, cut streams without an end that says so, requests
that were acted on twice.
Example: npm run drill:gateway -- --trials 1000
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
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [trials, seed] = [Number(values.trials), Number(values.seed)];
  if (!Number.isSafeInteger(trials) || trials < 1 || !Number.isSafeInteger(seed)) {
    process.stderr.write(`drill:gateway: --trials and --seed are whole numbers\n\n${HELP}`);
    return 2;
  }
  const result = await drillGateway({ trials, seed, progress: (text) => process.stderr.write(`${text}\n`) });
  for (const violation of result.violations) process.stderr.write(`violation: ${violation}\n`);
  if (values.json) process.stdout.write(`${JSON.stringify({ ...result, violations: result.violations.length })}\n`);
  else {
    const { faults, faultsOnWorkInFlight, lost, doubled, leaked, requests, cut, refused } = result;
    process.stdout.write(
      `${requests} requests; ${faults} faults, ${faultsOnWorkInFlight} of them on work in flight (seed ${seed})\n` +
        `lost ${lost}, doubled ${doubled}, leaked ${leaked}, violations ${result.violations.length}; ` +
        `${cut} cut or broken with a word, ${refused} refused; rate of failure below ${result.bound95} with 95 % confidence\n` +
        `${result.ok ? 'ok' : 'NOT OK'}\n`,
    );
  }
  return result.ok ? 0 : 1;
}

process.exitCode = await main();
