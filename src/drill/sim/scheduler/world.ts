// One simulated life of a scheduler: people submit, cancel, preempt and vanish; keepers are slow or die; processes escape;
// the scheduler is killed at any step and started again. Then faults stop, and everything has to come to rest: every job is
// over, every resource free, nothing left.
import { SeededRandom, type Random } from '../../../base/random.ts';
import { step } from '../../../scheduler/core.ts';
import { DEFAULT_RULES, type JobSpec, type Pool } from '../../../scheduler/core/types.ts';
import { Kernel } from '../kernel.ts';
import { chance, pick, spread } from '../lifecycle/draw.ts';
import { Disk, SimulatedScheduler, type StepFunction, type World } from './edge.ts';
import { type Faults, Machine, NO_FAULTS } from './machine.ts';
import { Truth } from './truth.ts';

export interface SchedulerLife {
  readonly seed: number;
  readonly events: number;
  readonly violations: readonly string[];
  readonly seen: readonly string[];
}

/** Faults stop after ten minutes. */
const FAULTS_MS = 600_000;
/** By then everything has come to rest: retries, graces and quarantines are all shorter. */
const HORIZON_MS = 4 * 3_600_000;
const JOBS_MAX = 24;

export function simulateScheduler(seed: number, stepFunction: StepFunction = step): SchedulerLife {
  const kernel = new Kernel();
  const structure = new SeededRandom(seed * 3 + 1);
  const work = new SeededRandom(seed * 3 + 2);
  const faults = new SeededRandom(seed * 3 + 3);
  const truth = new Truth();
  const machine = new Machine(kernel, faults, truth, drawFaults(structure));
  let scheduler: SimulatedScheduler | null = null;
  let deaths = 0;
  const world: World = {
    kernel,
    random: faults,
    machine,
    disk: new Disk(),
    truth,
    pool: drawPool(structure),
    rules: { ...DEFAULT_RULES, starvingMs: 60_000 },
    step: stepFunction,
    crashes: chance(structure, 0.3) ? 0 : 0.02 * structure.next(),
    died: () => {
      deaths += 1;
      kernel.after(spread(faults, 30_000), begin);
    },
  };
  const begin = () => {
    scheduler = new SimulatedScheduler(world);
    scheduler.start();
  };
  try {
    begin();
    planWork(world, work, () => scheduler!);
    for (let kills = structure.below(4); kills > 0; kills--) {
      kernel.after(spread(faults, FAULTS_MS), () => scheduler!.die());
    }
    kernel.after(FAULTS_MS, () => {
      world.crashes = 0;
      machine.faults = NO_FAULTS;
    });
    kernel.run(HORIZON_MS);
    checkRest(world, scheduler!);
  } catch (error) {
    truth.violate(0, `the core threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  if (deaths > 0) truth.seen.add('scheduler killed');
  return { seed, events: kernel.events, violations: truth.violations, seen: [...truth.seen] };
}

function checkRest({ truth, disk, machine }: World, scheduler: SimulatedScheduler): void {
  const { state } = scheduler;
  truth.atTheEnd(disk.jobs);
  for (const run of state.runs.values()) truth.violate(4, `${run.id} is still ${run.phase}`);
  for (const [id, resource] of state.resources) {
    if (resource.state !== 'free') truth.violate(5, `${id} is still ${resource.state}: ${resource.evidence}`);
  }
  if (disk.runs.size > 0) truth.violate(6, `rows of runs are left: ${[...disk.runs.keys()].join(', ')}`);
  if (disk.intents.size > 0) truth.violate(6, `intents are left open: ${[...disk.intents.keys()].join(', ')}`);
  if (disk.resources.size > 0) truth.violate(5, `rows of resources are left: ${[...disk.resources.keys()].join(', ')}`);
  for (const run of machine.living()) truth.violate(5, `processes of ${run} are left`);
  if (state.jobs.size > 0) truth.violate(4, `the core still holds ${[...state.jobs.keys()].join(', ')}`);
}

function drawFaults(random: Random): Faults {
  const some = (most: number) => (chance(random, 0.5) ? 0 : most * random.next());
  return {
    slowKeeper: some(0.3),
    deadKeeper: some(0.3),
    escapee: some(0.5),
    undying: some(0.2),
    memoryStays: some(0.4),
    stranger: some(0.5),
  };
}

function drawPool(random: Random): Pool {
  const count = 1 + random.below(4);
  return {
    nodes: [{ name: 'n', cpus: 8, memoryBytes: 1_000 }],
    gpus: Array.from({ length: count }, (_, index) => ({ id: `gpu:${index}`, index, node: 'n', numa: index >> 1 })),
    ports: [100, 103],
  };
}

function planWork(world: World, random: Random, current: () => SimulatedScheduler): void {
  const { kernel, truth, pool } = world;
  const ids: string[] = [];
  const ask = (id: string, act: (scheduler: SimulatedScheduler) => void, delayMs: number) =>
    kernel.after(delayMs, () => {
      const scheduler = current();
      // Whoever asks while nobody is there has to ask again; here nobody does.
      if (!scheduler.dead && truth.submitted.has(id)) act(scheduler);
    });
  for (let count = 1 + random.below(JOBS_MAX), index = 0; index < count; index++) {
    const id = `job_${index}`;
    const spec = drawSpec(random, pool, ids);
    if (spec.readiness) truth.services.add(id);
    const atMs = spread(random, 500_000);
    const jitter = random.next();
    kernel.after(atMs, () => {
      const scheduler = current();
      if (scheduler.dead) return;
      const ended = Object.fromEntries(
        spec.after.map(({ job }) => [job, world.disk.jobs.get(job)?.state === 'completed']),
      );
      scheduler.send({ type: 'submitted', jobs: [{ id, spec, jitter }], ended });
      // Taken only if it was committed: looked at a moment later, as a client that got its answer.
      kernel.after(1, () => world.disk.jobs.has(id) && truth.submitted.add(id));
      if (spec.lease) renewUntil(world, current, id, kernel.nowMs + spread(random, 400_000));
    });
    ids.push(id);
    if (chance(random, 0.3)) {
      ask(
        id,
        (scheduler) => {
          truth.asked.add(id);
          scheduler.send({ type: 'cancelled', job: id, by: 'ann', graceMs: null, force: chance(random, 0.3) });
        },
        atMs + 2 + spread(random, 200_000),
      );
    }
    if (chance(random, 0.3))
      ask(
        id,
        (scheduler) => scheduler.send({ type: 'preempted', job: id, by: 'ann' }),
        atMs + 2 + spread(random, 200_000),
      );
  }
}

/** A client that renews its lease, and then is gone. */
function renewUntil({ kernel, truth }: World, current: () => SimulatedScheduler, id: string, untilMs: number): void {
  truth.asked.add(id);
  const beat = () => {
    if (kernel.nowMs >= untilMs) return;
    current().send({ type: 'leaseRenewed', job: id });
    kernel.after(10_000, beat);
  };
  beat();
}

function drawSpec(random: Random, pool: Pool, ids: readonly string[]): JobSpec {
  const service = chance(random, 0.15);
  const command = { argv: ['x'], cwd: '/', environment: {} };
  const gpus = random.below(pool.gpus.length + 1);
  const replicas = gpus > 0 && gpus * 2 <= pool.gpus.length && chance(random, 0.3) ? 2 : 1;
  const after =
    ids.length > 0 && chance(random, 0.25)
      ? [{ job: pick(random, ids), on: pick(random, ['success', 'any'] as const) }]
      : [];
  return {
    name: 'x',
    owner: pick(random, ['ann', 'bob', 'cy']),
    labels: {},
    command,
    companions: chance(random, 0.15) ? [{ name: 'reward', command }] : [],
    request: { gpus, cpus: random.below(4), memoryBytes: 0, ports: service || chance(random, 0.2) ? ['HTTP'] : [] },
    replicas,
    priority: random.below(3),
    after,
    retries: { max: random.below(3), backoffMs: 1_000, backoffMsMax: 10_000 },
    timeoutMs: chance(random, 0.4) ? 1_000 + spread(random, 100_000) : null,
    graceMs: spread(random, 20_000),
    readiness: service ? { http: '/', everyMs: 100, withinMs: 30_000 } : null,
    preemptible: chance(random, 0.8),
    lease: chance(random, 0.2) ? { ttlMs: 30_000, onLoss: pick(random, ['cancel', 'detach'] as const) } : null,
    interestMs: null,
    array: null,
    template: null,
    schedule: null,
  };
}
