// What the scheduler knows: live jobs, runs, resources that are not simply free, open intents, owners. Jobs that are over
// leave it as soon as nothing waits for them, so it does not grow with history. Mutable and moved along: the state given to
// `step` must not be used again. Every change is marked, and `takeChanges` hands the marked rows to the edge, which commits
// them before it carries any effect out (invariant 6).
import { assert } from '../../base/assert.ts';
import type { SchedulerEffect, Told } from './events.ts';
import type { Unit } from './ending.ts';
import { Queue } from './queue.ts';
import { Timers } from './timers.ts';
import {
  FINAL_STATES,
  type Gpu,
  type Intent,
  type IntentKind,
  type Job,
  type Owner,
  type Pool,
  type Resource,
  type Rules,
  type Run,
} from './types.ts';

/** Rows as they have to be in the store. null = delete the row. */
export interface Changes {
  readonly jobs: ReadonlyMap<string, Job>;
  readonly runs: ReadonlyMap<string, Run | null>;
  readonly resources: ReadonlyMap<string, Resource | null>;
  /** null = done. */
  readonly intents: ReadonlyMap<string, Intent | null>;
  readonly owners: ReadonlyMap<string, Owner>;
  readonly told: readonly Told[];
}

/** What the store gives back at a start. */
export interface Stored {
  readonly seq: number;
  /** Not final, or with a run that is not closed. */
  readonly jobs: readonly Job[];
  readonly runs: readonly Run[];
  readonly resources: readonly Resource[];
  readonly intents: readonly Intent[];
  readonly owners: readonly Owner[];
}

interface NodeUse {
  cpus: number;
  memoryBytes: number;
}

export interface OwnerUse {
  gpus: number;
  runs: number;
}

export class SchedulerState {
  readonly rules: Rules;
  readonly jobs = new Map<string, Job>();
  readonly runs = new Map<string, Run>();
  /** GPUs of the pool, and whatever else is not free. */
  readonly resources = new Map<string, Resource>();
  readonly intents = new Map<string, Intent>();
  readonly owners = new Map<string, Owner>();
  /** Runs as units of the lifecycle, made again from their happenings. */
  readonly units = new Map<string, Unit>();
  readonly queue = new Queue();
  readonly timers = new Timers();
  /** Job → jobs that wait for its end. */
  readonly dependants = new Map<string, Set<string>>();
  /** Array → its runs now. */
  readonly arrayRuns = new Map<string, number>();
  readonly ownerUse = new Map<string, OwnerUse>();
  readonly nodeUse = new Map<string, NodeUse>();
  readonly gpus = new Map<string, Gpu>();
  pool: Pool = { nodes: [], gpus: [], ports: null };
  /** Nothing is placed before recovery is over. */
  open = false;
  closing: 'cancel' | 'drain' | 'leave' | null = null;
  /** Something changed that may let a job start. */
  placementDue = false;
  /** The first job that did not fit, since when, and until when it has something reserved (null = not known). */
  head: { readonly job: string; readonly sinceMs: number; untilMs: number | null } | null = null;
  seq = 0;
  effects: SchedulerEffect[] = [];
  #changes = emptyChanges();

  constructor(rules: Rules, stored: Stored | null = null) {
    this.rules = rules;
    if (stored) this.#load(stored);
  }

  takeChanges(): Changes {
    const changes = this.#changes;
    this.#changes = emptyChanges();
    return changes;
  }

  get hasChanges(): boolean {
    const { jobs, runs, resources, intents, owners, told } = this.#changes;
    return jobs.size + runs.size + resources.size + intents.size + owners.size + told.length > 0;
  }

  job(id: string): Job {
    const job = this.jobs.get(id);
    assert(job, `job ${id} is not known`);
    return job;
  }

  jobChanged(job: Job): void {
    this.#changes.jobs.set(job.id, job);
  }

  runChanged(run: Run): void {
    this.#changes.runs.set(run.id, run);
  }

  addJob(job: Job): void {
    this.jobs.set(job.id, job);
    this.jobChanged(job);
  }

  /** Forgets a job that is over, unless something still needs it. Its row stays in the store. */
  forgetIfOver(job: Job): void {
    if (!FINAL_STATES.has(job.state) || job.run !== null || this.dependants.has(job.id)) return;
    this.jobs.delete(job.id);
  }

  addRun(run: Run): void {
    this.runs.set(run.id, run);
    this.runChanged(run);
    this.#count(run, 1);
  }

  /** Counted resources come back with the proof that the process trees are gone. */
  releaseCounted(run: Run): void {
    if (run.treeProven) return;
    this.#count(run, -1);
    run.treeProven = true;
    this.placementDue = true;
    this.runChanged(run);
  }

  closeRun(run: Run): void {
    assert(run.treeProven, `run ${run.id} is closed without proof`);
    this.runs.delete(run.id);
    this.units.delete(run.id);
    this.#changes.runs.set(run.id, null);
    for (const intent of this.intents.values()) if (intent.run === run.id) this.intentDone(intent.id);
    const job = this.jobs.get(run.job);
    if (job?.run === run.id) {
      job.run = null;
      this.jobChanged(job);
      this.forgetIfOver(job);
    }
    this.placementDue = true;
  }

  setResource(resource: Resource): void {
    this.resources.set(resource.id, resource);
    this.#changes.resources.set(resource.id, { ...resource });
  }

  /** Free GPUs stay listed, free ports and trees do not. */
  freeResource(resource: Resource): void {
    this.#changes.resources.set(resource.id, null);
    this.placementDue = true;
    if (resource.kind !== 'gpu' || !this.gpus.has(resource.id)) {
      this.resources.delete(resource.id);
      return;
    }
    this.resources.set(resource.id, freeGpu(resource.id));
  }

  /** @returns the intent's id; the same one if it is open already */
  intend(run: Run, kind: IntentKind, member = ''): string {
    const id = `${run.id}/${kind}${member === '' ? '' : `/${member}`}`;
    if (!this.intents.has(id)) {
      const intent: Intent = { id, run: run.id, kind, member };
      this.intents.set(id, intent);
      this.#changes.intents.set(id, intent);
    }
    return id;
  }

  intentDone(id: string): void {
    if (!this.intents.delete(id)) return;
    this.#changes.intents.set(id, null);
  }

  owner(name: string, atMs: number): Owner {
    const found = this.owners.get(name);
    if (found) return found;
    const owner = { name, usage: 0, atMs };
    this.owners.set(name, owner);
    return owner;
  }

  ownerChanged(owner: Owner): void {
    this.#changes.owners.set(owner.name, owner);
  }

  tell(told: Told): void {
    this.#changes.told.push(told);
  }

  setPool(pool: Pool): void {
    this.pool = pool;
    this.gpus.clear();
    for (const gpu of pool.gpus) {
      this.gpus.set(gpu.id, gpu);
      if (!this.resources.has(gpu.id)) this.resources.set(gpu.id, freeGpu(gpu.id));
    }
    for (const [id, { kind, state }] of this.resources) {
      if (kind === 'gpu' && state === 'free' && !this.gpus.has(id)) this.resources.delete(id);
    }
    this.placementDue = true;
  }

  dependOn(job: string, on: string): void {
    const waiting = this.dependants.get(on) ?? new Set();
    waiting.add(job);
    this.dependants.set(on, waiting);
  }

  #count(run: Run, by: 1 | -1): void {
    for (const { node, cpus, memoryBytes } of run.members) {
      const use = this.nodeUse.get(node) ?? { cpus: 0, memoryBytes: 0 };
      use.cpus += by * cpus;
      use.memoryBytes += by * memoryBytes;
      this.nodeUse.set(node, use);
    }
    const use = this.ownerUse.get(run.owner) ?? { gpus: 0, runs: 0 };
    use.gpus += by * run.gpus;
    use.runs += by;
    this.ownerUse.set(run.owner, use);
    const array = this.jobs.get(run.job)?.spec.array;
    if (array) this.arrayRuns.set(array.id, (this.arrayRuns.get(array.id) ?? 0) + by);
  }

  #load(stored: Stored): void {
    this.seq = stored.seq;
    for (const job of stored.jobs) this.jobs.set(job.id, job);
    for (const run of stored.runs) {
      this.runs.set(run.id, run);
      if (!run.treeProven) this.#count(run, 1);
    }
    for (const resource of stored.resources) this.resources.set(resource.id, resource);
    for (const intent of stored.intents) this.intents.set(intent.id, intent);
    for (const owner of stored.owners) this.owners.set(owner.name, owner);
    for (const job of stored.jobs) {
      for (const on of job.waitsFor) this.dependOn(job.id, on);
      if (job.state === 'queued') this.queue.add(job);
    }
  }
}

function freeGpu(id: string): Resource {
  return { id, kind: 'gpu', state: 'free', run: null, evidence: null, checks: 0, checkAtMs: null };
}

function emptyChanges() {
  return {
    jobs: new Map<string, Job>(),
    runs: new Map<string, Run | null>(),
    resources: new Map<string, Resource | null>(),
    intents: new Map<string, Intent | null>(),
    owners: new Map<string, Owner>(),
    told: [] as Told[],
  };
}
