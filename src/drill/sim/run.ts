// `npm run sim -- --world NAME --seeds N --first-seed S --plant NAME --seen --json`: lives of the cores, from seeds that
// replay.
import { parseArgs } from 'node:util';
import { PLANTED_IN_GATEWAY } from './gateway/planted.ts';
import { simulateGateway } from './gateway/world.ts';
import { PLANTED } from './lifecycle/planted.ts';
import { simulateLife } from './lifecycle/world.ts';
import { PLANTED_IN_SCHEDULER } from './scheduler/planted.ts';
import { simulateScheduler } from './scheduler/world.ts';

interface Life {
  readonly events: number;
  readonly violations: readonly string[];
  readonly seen: readonly string[];
}
type Simulate = (seed: number) => Life;

/** Each core's world, and the wrong cores that it must find. Adding one is a line here. */
const WORLDS: Readonly<
  Record<string, { readonly live: Simulate; readonly planted: Readonly<Record<string, Simulate>> }>
> = {
  lifecycle: { live: simulateLife, planted: plantedIn(PLANTED, simulateLife) },
  gateway: { live: simulateGateway, planted: plantedIn(PLANTED_IN_GATEWAY, simulateGateway) },
  scheduler: { live: simulateScheduler, planted: plantedIn(PLANTED_IN_SCHEDULER, simulateScheduler) },
};

function plantedIn<Step>(
  table: Readonly<Record<string, Step>>,
  simulate: (seed: number, step: Step) => Life,
): Readonly<Record<string, Simulate>> {
  const entries = Object.entries(table).map(([name, step]) => [name, (seed: number) => simulate(seed, step)] as const);
  return Object.fromEntries(entries);
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    'first-seed': { type: 'string', default: '1' },
    world: { type: 'string' },
    plant: { type: 'string' },
    seen: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function main(): number {
  const everyPlant = Object.values(WORLDS).flatMap(({ planted }) => Object.keys(planted));
  if (values.help) {
    process.stdout.write(
      `npm run sim -- [--world ${Object.keys(WORLDS).join('|')}] [--seeds 10000] [--first-seed 1] [--plant NAME] [--seen] [--json]\n` +
        'Runs the cores in virtual time and checks the invariants at every step.\n' +
        `--plant runs a wrong core that must be found: ${everyPlant.join(', ')}\n` +
        '--seen counts what came up in the simulated lives.\n' +
        'Example: npm run sim -- --world lifecycle --seeds 1 --first-seed 4711   (replays one life)\n',
    );
    return 0;
  }
  const seeds = Number(values.seeds);
  const firstSeed = Number(values['first-seed']);
  if (!Number.isSafeInteger(seeds) || seeds < 1 || !Number.isSafeInteger(firstSeed)) {
    process.stderr.write('sim: --seeds and --first-seed are whole numbers. See npm run sim -- --help.\n');
    return 2;
  }
  if (values.world !== undefined && !Object.hasOwn(WORLDS, values.world)) {
    process.stderr.write(`sim: no world is called ${values.world}. Choose one of ${Object.keys(WORLDS).join(', ')}.\n`);
    return 2;
  }
  const { plant } = values;
  if (plant !== undefined && !everyPlant.includes(plant)) {
    process.stderr.write(`sim: no planted bug is called ${plant}. Choose one of ${everyPlant.join(', ')}.\n`);
    return 2;
  }
  const worlds = Object.entries(WORLDS).filter(([name]) => values.world === undefined || name === values.world);
  const lives = worlds.flatMap(([, { live, planted }]) =>
    plant === undefined ? [live] : [planted[plant] ?? []].flat(),
  );
  return simulate(seeds, firstSeed, lives, plant);
}

function simulate(seeds: number, firstSeed: number, worlds: readonly Simulate[], planted: string | undefined): number {
  const startedMs = performance.now();
  let events = 0;
  let violations = 0;
  const seen = new Map<string, number>();
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    for (const live of worlds) {
      const result = live(seed);
      events += result.events;
      violations += result.violations.length;
      for (const what of result.seen) seen.set(what, (seen.get(what) ?? 0) + 1);
      if (result.violations.length > 0 && violations <= 20) {
        for (const violation of result.violations) process.stderr.write(`seed ${seed}: ${violation}\n`);
      }
    }
  }
  const eventsPerSecond = Math.round((events / (performance.now() - startedMs)) * 1_000);
  const ok = planted !== undefined ? violations > 0 : violations === 0;
  const summary = { seeds, firstSeed, events, eventsPerSecond, violations, ok };
  const counts = values.seen ? [...seen].toSorted(([a], [b]) => (a < b ? -1 : 1)) : [];
  for (const [what, count] of counts) process.stderr.write(`${String(count).padStart(8)} ${what}\n`);
  if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else {
    process.stdout.write(
      `${seeds} lives from seed ${firstSeed}: ${events} events, ${eventsPerSecond}/s, ${violations} violations` +
        `${planted === undefined ? '' : ` of the planted bug ${planted}`}${ok ? '' : '  NOT OK'}\n`,
    );
  }
  return ok ? 0 : 1;
}

process.exitCode = main();
