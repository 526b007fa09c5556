// Drives the core: what happens is gathered, the core decides, what it changed is committed in one transaction, and only then
// is anything told or done (invariant 6). A commit that fails leaves memory ahead of the store, so memory is thrown away
// and taken up again from the store, exactly as after a crash.
import { systemClock } from '../base/clock.ts';
import { LastcallError } from '../base/errors.ts';
import { nextWakeMs, step } from './core.ts';
import type { MemberFinding, SchedulerEffect, SchedulerEvent } from './core/events.ts';
import { SchedulerState } from './core/state.ts';
import type { Pool, Rules } from './core/types.ts';
import type { Engine } from './engines/port.ts';
import type { Answered, SchedulerStore, StoredEvent } from './store/port.ts';
import type { SchedulerTime } from './time.ts';

/** What happens, without its time. */
export type Happening = SchedulerEvent extends infer E
  ? E extends SchedulerEvent
    ? Omit<E, 'atMs' | 'wallMs'>
    : never
  : never;

/** Events of one transaction. */
const BATCH_MAX = 1_000;
/** A store that cannot be written is tried again after so long. */
const RETRY_MS = 1_000;

export interface DriverOptions {
  readonly store: SchedulerStore;
  readonly engine: Engine;
  readonly rules: Rules;
  readonly time: SchedulerTime;
  /** Carries out what the core wants, after it was committed. */
  readonly carryOut: (effects: readonly SchedulerEffect[]) => void;
  /** What is durable, in order. */
  readonly publish: (events: readonly StoredEvent[]) => void;
  /** Shutdown reports of what the effects end, which are stored with the same commit. */
  readonly reports: (
    effects: readonly SchedulerEffect[],
  ) => readonly { run: string; job: string; attempt: number; text: string }[];
  /** Nothing can go on: another owner, or a damaged store. */
  readonly fatal: (error: unknown) => void;
  /** Called at each step of a batch; tests cut the process there. */
  readonly at: (point: string) => void;
}

interface Waiting {
  readonly happening: Happening;
  readonly answered: Answered | null;
  readonly settle: { resolve: () => void; reject: (error: unknown) => void } | null;
}

export class Driver {
  state: SchedulerState;
  readonly #options: DriverOptions;
  #pending: Waiting[] = [];
  #pumping = false;
  #closed = false;
  /** Why nothing can be written now. */
  #unwritable: unknown = null;
  #disarm: () => void = () => {};
  #idle = Promise.withResolvers<void>();

  constructor(options: DriverOptions) {
    this.#options = options;
    this.state = new SchedulerState(options.rules);
  }

  /** Takes up what the store holds (scheduler.md, "Start-up"); nothing is placed before that. */
  async open(pool: Pool): Promise<void> {
    // What keepers say meanwhile waits until it is known what they keep.
    this.#pumping = true;
    await this.#takeUp(pool);
    void this.#pump();
  }

  /** Settles when it is durable. @throws LastcallError as the store does */
  send(happening: Happening, answered: Answered | null = null): Promise<void> {
    if (this.#unwritable !== null && happening.type === 'submitted') return Promise.reject(asError(this.#unwritable));
    return new Promise((resolve, reject) => this.#add({ happening, answered, settle: { resolve, reject } }));
  }

  /** The same, for what nobody waits for. */
  tell(happening: Happening): void {
    this.#add({ happening, answered: null, settle: null });
  }

  /** Settles when everything that has been sent is committed and its effects have been begun. */
  async settled(): Promise<void> {
    while (this.#pumping || this.#pending.length > 0) await this.#idle.promise;
  }

  close(): void {
    this.#closed = true;
    this.#disarm();
  }

  #add(waiting: Waiting): void {
    if (this.#closed) {
      waiting.settle?.reject(
        new LastcallError('cancelled', { what: 'the scheduler has ended', todo: 'Start it again.' }),
      );
      return;
    }
    this.#pending.push(waiting);
    if (this.#pumping) return;
    this.#pumping = true;
    // What else comes in this turn of the loop shares the commit.
    setImmediate(() => void this.#pump());
  }

  async #pump(): Promise<void> {
    while (!this.#closed && (this.#pending.length > 0 || this.state.placementDue)) {
      const batch = this.#pending.splice(0, BATCH_MAX);
      try {
        const effects = await this.#decideAndCommit(batch);
        for (const { settle } of batch) settle?.resolve();
        this.#options.carryOut(effects);
      } catch (error) {
        for (const { settle } of batch) settle?.reject(error);
        if (!(await this.#recover(error))) break;
      }
    }
    this.#pumping = false;
    const { resolve } = this.#idle;
    this.#idle = Promise.withResolvers();
    resolve();
    this.#arm();
  }

  async #decideAndCommit(batch: readonly Waiting[]): Promise<readonly SchedulerEffect[]> {
    const { store, time, at, publish, reports, engine } = this.#options;
    const { state } = this;
    const effects: SchedulerEffect[] = [];
    for (const { happening } of batch) effects.push(...step(state, { ...happening, ...time.now() }));
    if (state.placementDue) effects.push(...step(state, { type: 'place', ...time.now() }));
    const answered = batch.flatMap((waiting) => waiting.answered ?? []);
    if (!state.hasChanges && answered.length === 0) return effects;
    const changes = state.takeChanges();
    at('before commit');
    const ids = await store.commit({ changes, anchor: time.anchor(), answered, reports: reports(effects) });
    at('after commit');
    for (const [id, run] of changes.runs) if (run === null) engine.forget(id);
    publish(changes.told.map((told, index) => ({ ...told, id: ids[index]! })));
    return effects;
  }

  /** @returns false if nothing can go on */
  async #recover(error: unknown): Promise<boolean> {
    const { fatal } = this.#options;
    if (
      error instanceof LastcallError &&
      (error.code === 'disk_full' || error.code === 'io' || error.code === 'timeout')
    ) {
      this.#unwritable = error;
      while (!this.#closed) {
        try {
          await this.#takeUp(this.state.pool);
          this.#unwritable = null;
          return true;
        } catch (again) {
          this.#unwritable = again;
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
        }
      }
      return false;
    }
    this.close();
    fatal(error);
    return false;
  }

  async #takeUp(pool: Pool): Promise<void> {
    const { store, engine, rules } = this.#options;
    this.state = new SchedulerState(rules, await store.load());
    const { state } = this;
    step(state, { type: 'poolFound', pool, ...this.#options.time.now() });
    const findings: Record<string, MemberFinding> = {};
    for (const run of state.runs.values()) {
      for (const member of run.members) {
        if (member.state !== 'gone') findings[`${run.id}/${member.name}`] = engine.inspect(run, member);
      }
    }
    const runs = [...state.runs.values()];
    const signalled = runs.filter((run) => engine.wasSignalled(run)).map(({ id }) => id);
    const swept = engine.sweep(runs);
    const foreign = await engine.foreign(runs);
    const { wallMs } = this.#options.time.now();
    if (swept.length > 0) state.tell({ event: 'leftovers_killed', processes: swept.slice(0, 100), wallMs });
    const happenings: Happening[] = [
      { type: 'recovered', findings, signalled },
      { type: 'foreignSeen', gpus: foreign },
      { type: 'opened' },
    ];
    const waiting = happenings.map((happening): Waiting => ({ happening, answered: null, settle: null }));
    this.#options.carryOut(await this.#decideAndCommit(waiting));
    this.#arm();
  }

  #arm(): void {
    this.#disarm();
    const wakeMs = nextWakeMs(this.state);
    if (wakeMs === null || this.#closed) return;
    const { atMs } = this.#options.time.now();
    this.#disarm = systemClock.after(Math.max(0, wakeMs - atMs), () => this.tell({ type: 'tick' }));
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
