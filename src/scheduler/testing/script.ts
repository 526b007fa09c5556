// A scheduler core on strings: tests say what happens, see what it wants done, and answer for the machine.
import { step } from '../core.ts';
import type { MemberFinding, SchedulerEffect, SchedulerEvent, Told } from '../core/events.ts';
import { SchedulerState, type Stored } from '../core/state.ts';
import { DEFAULT_RULES, type Exit, type Job, type JobSpec, type Pool, type Rules, type Run } from '../core/types.ts';

type Happening = SchedulerEvent extends infer E
  ? E extends SchedulerEvent
    ? Omit<E, 'atMs' | 'wallMs'>
    : never
  : never;

/** One machine with so many GPUs, in NUMA nodes of `perNuma`. */
export function poolOf(gpus: number, { perNuma = 4, ports = [20_000, 20_009] as [number, number] } = {}): Pool {
  return {
    nodes: [{ name: 'local', cpus: 64, memoryBytes: 2 ** 40 }],
    gpus: Array.from({ length: gpus }, (_, index) => ({
      id: `gpu:${index}`,
      index,
      node: 'local',
      numa: Math.floor(index / perNuma),
    })),
    ports,
  };
}

export function specOf(
  changes: Partial<Omit<JobSpec, 'request'>> & { request?: Partial<JobSpec['request']> } = {},
): JobSpec {
  const { request, ...rest } = changes;
  return {
    name: 'job',
    owner: 'ann',
    labels: {},
    command: { argv: ['true'], cwd: '/', environment: {} },
    companions: [],
    request: { gpus: 1, cpus: 1, memoryBytes: 0, ports: [], ...request },
    replicas: 1,
    priority: 0,
    after: [],
    retries: { max: 0, backoffMs: 1_000, backoffMsMax: 60_000 },
    timeoutMs: null,
    graceMs: 20_000,
    readiness: null,
    preemptible: true,
    lease: null,
    interestMs: null,
    array: null,
    template: null,
    schedule: null,
    ...rest,
  };
}

export class Script {
  readonly state: SchedulerState;
  readonly told: Told[] = [];
  effects: SchedulerEffect[] = [];
  atMs = 1_000;
  #ids = 0;
  /** What a store would hold: rows as they were committed last. */
  readonly rows = {
    jobs: new Map<string, Job>(),
    runs: new Map<string, Run>(),
    resources: new Map<string, Stored['resources'][number]>(),
    intents: new Map<string, Stored['intents'][number]>(),
    owners: new Map<string, Stored['owners'][number]>(),
  };

  constructor(pool: Pool, rules: Partial<Rules> = {}, stored: Stored | null = null) {
    this.state = new SchedulerState({ ...DEFAULT_RULES, ...rules }, stored);
    this.feed({ type: 'poolFound', pool });
    if (!stored) this.feed({ type: 'opened' });
  }

  feed(happening: Happening): readonly SchedulerEffect[] {
    const found = [...step(this.state, { ...happening, atMs: this.atMs, wallMs: 1_700_000_000_000 + this.atMs })];
    if (this.state.placementDue) found.push(...step(this.state, { type: 'place', atMs: this.atMs, wallMs: this.atMs }));
    this.#commit();
    this.effects.push(...found);
    return found;
  }

  /** Lets time pass; what becomes due on the way happens in turn. */
  pass(ms: number): void {
    const endMs = this.atMs + ms;
    for (;;) {
      const next = this.state.timers.nextAtMs;
      if (next === null || next > endMs) break;
      this.atMs = Math.max(this.atMs, next);
      this.feed({ type: 'tick' });
    }
    this.atMs = endMs;
  }

  submit(spec: JobSpec, ended: Readonly<Record<string, boolean>> = {}): string {
    const id = `job_${++this.#ids}`;
    this.feed({ type: 'submitted', jobs: [{ id, spec, jitter: 0.5 }], ended });
    return id;
  }

  /** Every process that was asked for is there. */
  spawn(): void {
    for (const effect of this.take('spawn')) this.feed({ type: 'spawned', run: effect.run, member: effect.member });
  }

  /** All processes of a job's run end so. */
  exit(id: string, exit: Partial<Exit> = { code: 0 }): void {
    const run = this.run(id);
    for (const member of run.members) {
      if (member.state === 'gone') continue;
      this.feed({
        type: 'exited',
        run: run.id,
        member: member.name,
        exit: { code: null, signal: null, reportCode: null, ...exit },
      });
    }
  }

  /** Every proof that was asked for is answered. */
  prove(unproven: Readonly<Record<string, string>> = {}, tree: 'proven' | 'swept' | 'unproven' = 'proven'): void {
    for (const effect of this.take('prove')) this.feed({ type: 'proved', run: effect.run, tree, unproven });
  }

  start(spec: JobSpec): string {
    const id = this.submit(spec);
    this.spawn();
    return id;
  }

  stateOf(id: string): string | undefined {
    return this.rows.jobs.get(id)?.state;
  }

  row(id: string): Job {
    return this.rows.jobs.get(id)!;
  }

  run(id: string): Run {
    return this.state.runs.get(this.state.jobs.get(id)!.run!)!;
  }

  gpusOf(id: string): readonly string[] {
    return this.run(id).members.flatMap(({ gpus }) => gpus);
  }

  take<Type extends SchedulerEffect['type']>(type: Type): (SchedulerEffect & { type: Type })[] {
    const found = this.effects.filter((effect) => effect.type === type) as (SchedulerEffect & { type: Type })[];
    this.effects = this.effects.filter((effect) => effect.type !== type);
    return found;
  }

  /** The same scheduler after a crash: what was committed, and nothing else. */
  crash(findings: Readonly<Record<string, MemberFinding>>, signalled: readonly string[] = []): Script {
    const { jobs, runs, resources, intents, owners } = this.rows;
    const live = [...jobs.values()].filter(
      (job) => job.run !== null || !['completed', 'failed', 'cancelled'].includes(job.state),
    );
    const stored = structuredClone({
      seq: this.state.seq,
      jobs: live,
      runs: [...runs.values()],
      resources: [...resources.values()],
      intents: [...intents.values()],
      owners: [...owners.values()],
    });
    const next = new Script(this.state.pool, this.state.rules, stored);
    next.atMs = this.atMs;
    next.#ids = this.#ids;
    for (const [id, job] of jobs) next.rows.jobs.set(id, structuredClone(job));
    for (const run of stored.runs) next.rows.runs.set(run.id, run);
    for (const resource of stored.resources) next.rows.resources.set(resource.id, resource);
    for (const intent of stored.intents) next.rows.intents.set(intent.id, intent);
    next.feed({ type: 'recovered', findings, signalled });
    next.feed({ type: 'opened' });
    return next;
  }

  #commit(): void {
    const changes = this.state.takeChanges();
    this.told.push(...changes.told);
    for (const table of ['jobs', 'runs', 'resources', 'intents', 'owners'] as const) {
      const rows = this.rows[table] as Map<string, unknown>;
      for (const [id, row] of changes[table]) {
        if (row === null) rows.delete(id);
        else rows.set(id, structuredClone(row));
      }
    }
  }
}
