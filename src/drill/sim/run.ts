// `npm run sim -- --seeds N --first-seed S --plant NAME --seen --json`: lives of the lifecycle core, from seeds that replay.
import { parseArgs } from 'node:util';
import { simulateLife } from './lifecycle/world.ts';
import { PLANTED } from './lifecycle/planted.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    'first-seed': { type: 'string', default: '1' },
    plant: { type: 'string' },
    seen: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function main(): number {
  if (values.help) {
    process.stdout.write(
      'npm run sim -- [--seeds 10000] [--first-seed 1] [--plant NAME] [--seen] [--json]\n' +
        'Runs the lifecycle core in virtual time and checks the invariants at every step.\n' +
        `--plant runs a wrong core that must be found: ${Object.keys(PLANTED).join(', ')}\n` +
        '--seen counts how the simulated units ended.\n' +
        'Example: npm run sim -- --seeds 1 --first-seed 4711   (replays one life)\n',
    );
    return 0;
  }
  const planted = values.plant === undefined ? undefined : PLANTED[values.plant];
  const seeds = Number(values.seeds);
  const firstSeed = Number(values['first-seed']);
  if (!Number.isSafeInteger(seeds) || seeds < 1 || !Number.isSafeInteger(firstSeed)) {
    process.stderr.write('sim: --seeds and --first-seed are whole numbers. See npm run sim -- --help.\n');
    return 2;
  }
  if (values.plant !== undefined && !planted) {
    process.stderr.write(
      `sim: no planted bug is called ${values.plant}. Choose one of ${Object.keys(PLANTED).join(', ')}.\n`,
    );
    return 2;
  }
  return simulate(seeds, firstSeed, planted);
}

function simulate(seeds: number, firstSeed: number, planted: Parameters<typeof simulateLife>[1]): number {
  const startedMs = performance.now();
  let events = 0;
  let violations = 0;
  const seen = new Map<string, number>();
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const result = simulateLife(seed, planted);
    events += result.events;
    violations += result.violations.length;
    for (const what of result.seen) seen.set(what, (seen.get(what) ?? 0) + 1);
    if (result.violations.length > 0 && violations <= 20) {
      for (const violation of result.violations) process.stderr.write(`seed ${seed}: ${violation}\n`);
    }
  }
  const eventsPerSecond = Math.round((events / (performance.now() - startedMs)) * 1_000);
  const ok = planted ? violations > 0 : violations === 0;
  const summary = { seeds, firstSeed, events, eventsPerSecond, violations, ok };
  const counts = values.seen ? [...seen].toSorted(([a], [b]) => (a < b ? -1 : 1)) : [];
  for (const [what, count] of counts) process.stderr.write(`${String(count).padStart(8)} ${what}\n`);
  if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else {
    process.stdout.write(
      `${seeds} lives from seed ${firstSeed}: ${events} events, ${eventsPerSecond}/s, ${violations} violations` +
        `${planted ? ` of the planted bug ${values.plant}` : ''}${ok ? '' : '  NOT OK'}\n`,
    );
  }
  return ok ? 0 : 1;
}

process.exitCode = main();
