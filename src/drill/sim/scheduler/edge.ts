// The simulated edge around the scheduler core: it gathers, decides, commits and acts in the order of the real driver, and
// dies at any of its steps. What it had in memory is then gone; what was committed is taken up by the next one.
import type { Random } from '../../../base/random.ts';
import type { MemberFinding, SchedulerEffect, SchedulerEvent } from '../../../scheduler/core/events.ts';
import { SchedulerState } from '../../../scheduler/core/state.ts';
import type { Intent, Job, Owner, Pool, Resource, Rules, Run } from '../../../scheduler/core/types.ts';
import type { Happening } from '../../../scheduler/driver.ts';
import type { Kernel } from '../kernel.ts';
import { chance, spread } from '../lifecycle/draw.ts';
import type { Machine } from './machine.ts';
import type { Truth } from './truth.ts';

export type StepFunction = (state: SchedulerState, event: SchedulerEvent) => readonly SchedulerEffect[];

/** The rows that are on the disk. */
export class Disk {
  readonly jobs = new Map<string, Job>();
  readonly runs = new Map<string, Run>();
  readonly resources = new Map<string, Resource>();
  readonly intents = new Map<string, Intent>();
  readonly owners = new Map<string, Owner>();
  seq = 0;
}

export interface World {
  readonly kernel: Kernel;
  readonly random: Random;
  readonly machine: Machine;
  readonly disk: Disk;
  readonly truth: Truth;
  readonly pool: Pool;
  readonly rules: Rules;
  readonly step: StepFunction;
  /** Chance of dying at each step of a batch. */
  crashes: number;
  /** The scheduler has died: somebody starts it again. */
  readonly died: () => void;
}

/** Thrown through a batch by the crash in its middle. */
class Crash extends Error {}

const PROOF_LOOK_MS = 100;

export class SimulatedScheduler {
  state: SchedulerState;
  dead = false;
  readonly #world: World;
  #pending: Happening[] = [];
  #planned = false;
  #disarm: () => void = () => {};

  constructor(world: World) {
    this.#world = world;
    this.state = new SchedulerState(world.rules);
  }

  /** Start-up: what the disk holds, what is found of it, and only then anything new. */
  start(): void {
    const { disk, machine, pool, rules, kernel } = this.#world;
    const stored = structuredClone({
      seq: disk.seq,
      jobs: [...disk.jobs.values()].filter(
        (job) => job.run !== null || !['completed', 'failed', 'cancelled'].includes(job.state),
      ),
      runs: [...disk.runs.values()],
      resources: [...disk.resources.values()],
      intents: [...disk.intents.values()],
      owners: [...disk.owners.values()],
    });
    this.state = new SchedulerState(rules, stored);
    this.#world.step(this.state, { type: 'poolFound', pool, atMs: kernel.nowMs, wallMs: kernel.nowMs });
    const findings: Record<string, MemberFinding> = {};
    for (const run of this.state.runs.values()) {
      for (const member of run.members) {
        if (member.state !== 'gone') findings[`${run.id}/${member.name}`] = machine.inspect(run, member);
      }
    }
    machine.sweep(new Set(this.state.runs.keys()));
    machine.watcher = {
      spawned: (run, member) => this.send({ type: 'spawned', run, member }),
      exited: (run, member, exit) => this.send({ type: 'exited', run, member, exit }),
      lost: (run, member) => this.send({ type: 'lost', run, member, why: 'its keeper is gone' }),
      never: (run, member) => this.send({ type: 'spawnFailed', run, member, why: 'called back', code: 126 }),
    };
    this.#pending = [{ type: 'recovered', findings, signalled: machine.signalled }, { type: 'opened' }];
    this.#batch();
  }

  send(happening: Happening): void {
    if (this.dead) return;
    this.#pending.push(happening);
    if (this.#planned) return;
    this.#planned = true;
    this.#world.kernel.after(0, () => {
      this.#planned = false;
      this.#batch();
    });
  }

  die(): void {
    if (this.dead) return;
    this.dead = true;
    this.#disarm();
    this.#world.machine.watcher = null;
    this.#world.died();
  }

  #batch(): void {
    if (this.dead) return;
    const { kernel, step } = this.#world;
    try {
      const effects: SchedulerEffect[] = [];
      const now = { atMs: kernel.nowMs, wallMs: kernel.nowMs };
      for (const happening of this.#pending.splice(0)) effects.push(...step(this.state, { ...happening, ...now }));
      if (this.state.placementDue) effects.push(...step(this.state, { type: 'place', ...now }));
      this.#mayCrash();
      this.#commit();
      this.#mayCrash();
      for (const effect of effects) {
        this.#carryOut(effect);
        this.#mayCrash();
      }
      this.#arm();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.die();
    }
  }

  #mayCrash(): void {
    const { random, crashes } = this.#world;
    if (chance(random, crashes)) throw new Crash();
  }

  #commit(): void {
    const { disk, truth } = this.#world;
    const changes = this.state.takeChanges();
    for (const [id, job] of changes.jobs) {
      truth.committed(job);
      disk.jobs.set(id, structuredClone(job));
      disk.seq = Math.max(disk.seq, job.seq);
    }
    for (const table of ['runs', 'resources', 'intents', 'owners'] as const) {
      const rows = disk[table] as Map<string, unknown>;
      for (const [id, row] of changes[table]) {
        if (row === null) rows.delete(id);
        else rows.set(id, structuredClone(row));
        if (table === 'intents' && row !== null) truth.intents.add(id);
      }
    }
    for (const { event } of changes.told) truth.seen.add(event);
  }

  #carryOut(effect: SchedulerEffect): void {
    const { machine, kernel, truth } = this.#world;
    if (effect.type === 'check') return this.#check(effect.resource);
    if (effect.type === 'report') {
      if (effect.unit.outcome === null) truth.violate(4, `${effect.run.id} is over without an outcome`);
      return;
    }
    const run = this.state.runs.get(effect.run);
    if (!run) return;
    if ('intent' in effect && !this.#world.disk.intents.has(effect.intent)) {
      truth.violate(6, `${effect.type} of ${run.id} without a durable intent`);
    }
    switch (effect.type) {
      case 'spawn': {
        const member = run.members.find(({ name }) => name === effect.member)!;
        if (run.phase === 'starting') machine.spawn(structuredClone(run), structuredClone(member));
        return;
      }
      case 'signal':
        machine.signal(run);
        return this.send({ type: 'signalled', run: run.id });
      case 'kill':
        machine.kill(run);
        return this.send({ type: 'killed', run: run.id });
      case 'prove':
        return this.#prove(run, kernel.nowMs + effect.withinMs);
      case 'probe':
        kernel.after(spread(this.#world.random, 40_000), () =>
          this.send({ type: 'isReady', run: run.id, url: 'http://x' }),
        );
        return;
    }
  }

  #prove(run: Run, endAtMs: number): void {
    const { machine, kernel } = this.#world;
    if (this.dead) return;
    const { tree, unproven } = machine.look(run);
    const proven = tree && Object.keys(unproven).length === 0;
    if (!proven && kernel.nowMs + PROOF_LOOK_MS < endAtMs) {
      kernel.after(PROOF_LOOK_MS, () => this.#prove(run, endAtMs));
      return;
    }
    this.send({ type: 'proved', run: run.id, tree: tree ? 'proven' : 'unproven', unproven });
  }

  #check(id: string): void {
    const { machine, kernel } = this.#world;
    const run = this.state.runs.get(this.state.resources.get(id)?.run ?? '');
    kernel.after(20, () => {
      const held = id.startsWith('tree:') ? !run || !machine.treeIsEmpty(run) : machine.isHeld(id);
      this.send({ type: 'checked', resource: id, evidence: held ? 'held' : null });
    });
  }

  #arm(): void {
    this.#disarm();
    const { kernel } = this.#world;
    const wakeMs = this.state.timers.nextAtMs;
    if (wakeMs !== null)
      this.#disarm = kernel.after(Math.max(0, wakeMs - kernel.nowMs), () => this.send({ type: 'tick' }));
  }
}
