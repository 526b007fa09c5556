// The scheduler as others use it: commands, queries, and the stream of what happens. HTTP, keys and the command line are
// elsewhere (src/server, src/cli); who asks has been checked there, and is named here only to be told to others.
import { mkdirSync } from 'node:fs';
import { LastcallError } from '../base/errors.ts';
import { FINAL_STATES, type Job } from './core/types.ts';
import { awaitEnd } from './await-end.ts';
import type { Listener } from './feed.ts';
import { type LogChoice, logDirectory } from './job-logs.ts';
import { followLog, type LogSlice, readLog } from './logs.ts';
import { resolveSchedulerOptions, type SchedulerOptions } from './options.ts';
import { assemble, type Parts, reopenSockets } from './parts.ts';
import type { JobRequest } from './request.ts';
import type { EventQuery, JobQuery, StoredEvent } from './store/port.ts';
import { openSqliteStore } from './store/sqlite.ts';
import { prepareSubmission, requestHash, sameRequest } from './submission.ts';
import { SchedulerTime } from './time.ts';
import { keepUp } from './upkeep.ts';
import { wind, type Winding } from './wind.ts';
import { type JobView, jobViews, type PoolView, poolView } from './views.ts';

export interface SubmitOptions {
  readonly owner: string;
  /** The same key again gets the same answer, and starts nothing. */
  readonly idempotencyKey?: string | undefined;
}

export interface CancelOptions {
  /** Who asks, for people. */
  readonly by: string;
  /** Instead of the job's own grace. */
  readonly graceMs?: number | undefined;
  /** Kill at once. */
  readonly force?: boolean | undefined;
}

export class Scheduler implements AsyncDisposable {
  readonly #parts: Parts;
  #upkeep: Disposable | null = null;
  #closing: string | null = null;
  #closed: Promise<void> | null = null;

  /**
   * Opens the state directory and takes up what runs (scheduler.md, "Start-up"); only then is anything scheduled.
   * @throws LastcallError `fenced` (another scheduler has it), `state_refused` (damaged), `dependency` (no GPU program)
   */
  static async open(options: SchedulerOptions): Promise<Scheduler> {
    const resolved = resolveSchedulerOptions(options);
    const store = resolved.store ?? openSqliteStore(resolved.stateDir, resolved.instance);
    try {
      const { anchor } = await store.load();
      const scheduler = new Scheduler(assemble(resolved, store, new SchedulerTime(resolved.time, anchor)));
      await scheduler.#start();
      return scheduler;
    } catch (error) {
      await store[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Settles with the error that made going on impossible: another owner, a damaged store. */
  get failed(): Promise<unknown> {
    return this.#parts.failed;
  }

  /** `store_…`: in the cookies of everything that this scheduler starts. */
  get storeId(): string {
    return this.#parts.store.storeId;
  }

  /**
   * Takes jobs into the queue; when this settles they are durable. An array request gives several.
   * @throws LastcallError `usage` that names the field (also for what the pool could never hold), `cancelled` while it
   *   closes, `disk_full`
   */
  async submit(requests: readonly JobRequest[], { owner, idempotencyKey }: SubmitOptions): Promise<readonly JobView[]> {
    if (this.#closing !== null) {
      throw new LastcallError('cancelled', {
        what: 'the scheduler is closing',
        todo: 'Submit it again when it is back.',
      });
    }
    const hash = requestHash(requests);
    const before = idempotencyKey === undefined ? null : await this.#parts.store.answered(owner, idempotencyKey);
    if (before) return await this.#views(sameRequest(before, hash));
    const { cwd, environment, devices } = this.#parts.options;
    const defaults = { cwd, environment, gpus: devices.kind === 'slots' ? 1 : 0 };
    const { wallMs } = this.#parts.time.now();
    const prepared = await prepareSubmission(
      this.#parts.driver.state,
      this.#parts.store,
      owner,
      requests,
      defaults,
      wallMs,
    );
    const ids = prepared.jobs.map(({ id }) => id);
    const answered = idempotencyKey === undefined ? null : { owner, key: idempotencyKey, hash, jobs: ids };
    await this.#parts.driver.send({ type: 'submitted', ...prepared }, answered);
    return await this.#views(ids);
  }

  /** Cancels in any state; again is the same. @returns the job as it is now @throws LastcallError `not_found` */
  async cancel(id: string, { by, graceMs, force }: CancelOptions): Promise<JobView> {
    await this.job(id);
    await this.#parts.driver.send({ type: 'cancelled', job: id, by, graceMs: graceMs ?? null, force: force ?? false });
    return await this.job(id);
  }

  /** Asks a running job to save and give back what it holds; it is queued again. @throws LastcallError `not_found` */
  async preempt(id: string, by: string): Promise<JobView> {
    await this.job(id);
    await this.#parts.driver.send({ type: 'preempted', job: id, by });
    return await this.job(id);
  }

  /** Runs a job that is over once more, from its checkpoint directory. @throws LastcallError `not_found`, `usage` */
  async requeue(id: string, by: string): Promise<JobView> {
    const record = await this.#record(id);
    if (!FINAL_STATES.has(record.state)) {
      throw new LastcallError('usage', {
        what: `it is ${record.state}`,
        on: id,
        todo: 'Only a job that is over can be run again.',
      });
    }
    await this.#parts.driver.send({ type: 'requeued', job: id, by, record });
    return await this.job(id);
  }

  /** Ends a service well. @throws LastcallError `not_found` */
  async complete(id: string, by: string): Promise<JobView> {
    await this.job(id);
    await this.#parts.driver.send({ type: 'completeAsked', job: id, by });
    return await this.job(id);
  }

  /** The client is there; a lease lasts one term from now. @throws LastcallError `not_found` */
  async renewLease(id: string): Promise<JobView> {
    await this.#parts.driver.send({ type: 'leaseRenewed', job: id });
    return await this.job(id);
  }

  /** Somebody asks for a job that is held back while nobody does. */
  polled(id: string): void {
    this.#parts.driver.tell({ type: 'polled', job: id });
  }

  /** The machine will be taken in `deadlineMs`: all jobs save, and nothing is started any more. */
  async notice(deadlineMs: number, provider: string): Promise<void> {
    await this.#parts.driver.send({ type: 'noticed', deadlineMs, provider });
  }

  /** Looks at a quarantined resource now. @throws LastcallError `not_found` */
  async check(resource: string): Promise<void> {
    this.#requireResource(resource);
    await this.#parts.driver.send({ type: 'checkAsked', resource });
  }

  /** Calls a quarantined resource free on an operator's word. @throws LastcallError `not_found` */
  async clear(resource: string, by: string): Promise<void> {
    this.#requireResource(resource);
    await this.#parts.driver.send({ type: 'cleared', resource, by });
  }

  /** @throws LastcallError `not_found` */
  async job(id: string): Promise<JobView> {
    return jobViews(this.#parts.driver.state, [await this.#record(id)], this.#parts.time.now())[0]!;
  }

  /** Newest first. */
  async jobs(query: Partial<JobQuery> = {}): Promise<readonly JobView[]> {
    const all: JobQuery = { owner: null, states: [], label: null, before: null, limit: 100, ...query };
    return jobViews(this.#parts.driver.state, await this.#parts.store.jobs(all), this.#parts.time.now());
  }

  /** The job once it is over, or as it is after `waitMs`. @throws LastcallError `not_found` */
  async ended(id: string, waitMs: number, signal?: AbortSignal): Promise<JobView> {
    return await awaitEnd(this.#parts.feed, id, () => this.job(id), waitMs, signal);
  }

  pool(): PoolView {
    return poolView(this.#parts.driver.state, this.#parts.devices.last, this.#parts.time.now());
  }

  /** What has happened after event `after`, oldest first. */
  async events(query: Partial<EventQuery> = {}): Promise<readonly StoredEvent[]> {
    return await this.#parts.store.events({ after: 0, job: null, owner: null, limit: 1_000, ...query });
  }

  /** Hears of what happens, once it is durable. @returns how to stop listening */
  listen(listener: Listener): () => void {
    return this.#parts.feed.listen(listener);
  }

  /** Shutdown report of the newest attempt, or of one; null while there is none. */
  async report(id: string, attempt: number | null = null): Promise<unknown> {
    const text = await this.#parts.store.report(id, attempt);
    return text === null ? null : (JSON.parse(text) as unknown);
  }

  /** Bytes of a job's log from a position on; null while there is none. @throws LastcallError `not_found` */
  async log(id: string, choice: LogChoice = {}, bytesMax = 2 ** 20): Promise<LogSlice | null> {
    const directory = logDirectory(this.#parts.layout, await this.#record(id), choice);
    return readLog(directory, choice.stream ?? 'stdout', choice.from ?? 0, bytesMax);
  }

  /** The same as it grows, until that attempt is over. @throws LastcallError `not_found` */
  async *follow(id: string, signal: AbortSignal, choice: LogChoice = {}): AsyncGenerator<LogSlice, void> {
    const { attempt } = await this.#record(id);
    const wanted = choice.attempt ?? Math.max(1, attempt);
    const directory = logDirectory(this.#parts.layout, await this.#record(id), { ...choice, attempt: wanted });
    const over = () => {
      const job = this.#parts.driver.state.jobs.get(id);
      return job === undefined || FINAL_STATES.has(job.state) || job.attempt > wanted;
    };
    yield* followLog(directory, choice.stream ?? 'stdout', choice.from ?? 0, over, signal);
  }

  /** Ids of jobs that run, in order of their priority. */
  running(): readonly string[] {
    const { state } = this.#parts.driver;
    const ids = [...state.runs.values()].filter(({ phase }) => phase === 'running' || phase === 'starting');
    const priority = (job: string) => state.jobs.get(job)?.spec.priority ?? 0;
    return ids.map(({ job }) => job).sort((a, b) => priority(b) - priority(a));
  }

  /**
   * Starts nothing any more, and ends what runs (`cancel`, within `graceMs`), waits for it (`drain`) or lets it go on
   * under its keepers for the next scheduler (`leave`). Settles when that is done, or `signal` is aborted.
   */
  async wind(winding: Winding, signal: AbortSignal): Promise<void> {
    this.#closing = winding.policy;
    await wind(this.#parts, winding, signal);
  }

  /** Whether a job still holds something, its processes included, that has not been put aside. */
  holds(id: string): boolean {
    const { jobs, runs } = this.#parts.driver.state;
    const run = runs.get(jobs.get(id)?.run ?? '');
    return run !== undefined && run.phase !== 'quarantined';
  }

  /** Lets go of everything; what still runs is kept by its keepers. May be called again. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(): Promise<void> {
    mkdirSync(this.#parts.options.cwd, { recursive: true, mode: 0o700 });
    await this.#parts.driver.open(await this.#parts.engine.pool());
    await reopenSockets(this.#parts);
    this.#upkeep = keepUp(this.#parts);
  }

  async #close(): Promise<void> {
    this.#upkeep?.[Symbol.dispose]();
    this.#parts.effects[Symbol.dispose]();
    await this.#parts.driver.settled();
    this.#parts.driver.close();
    await this.#parts.sockets[Symbol.asyncDispose]();
    await this.#parts.engine[Symbol.asyncDispose]();
    await this.#parts.store[Symbol.asyncDispose]();
  }

  async #views(ids: readonly string[]): Promise<readonly JobView[]> {
    const records = await Promise.all(ids.map((id) => this.#record(id)));
    return jobViews(this.#parts.driver.state, records, this.#parts.time.now());
  }

  /** @throws LastcallError `not_found` */
  async #record(id: string): Promise<Job> {
    const job = this.#parts.driver.state.jobs.get(id) ?? (await this.#parts.store.job(id));
    if (job) return job;
    throw new LastcallError('not_found', {
      what: 'there is no such job',
      on: id,
      todo: 'lastcall jobs lists those there are.',
    });
  }

  #requireResource(id: string): void {
    if (this.#parts.driver.state.resources.get(id)?.state === 'quarantined') return;
    throw new LastcallError('not_found', {
      what: 'no such resource is quarantined',
      on: id,
      todo: 'lastcall pool lists those that are.',
    });
  }
}
