// A reconciliation as a unit: intake stops reading, drain lets actions end that have begun, persist stores what was read,
// release closes. It ends by itself when the logs are read and everything that can be done is done.
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../base/clock.ts';
import { LastcallError } from '../base/errors.ts';
import type { Report, Unit, UnitOptions } from '../lifecycle/index.ts';
import { unit } from '../lifecycle/index.ts';
import type { ReconcileState } from './core.ts';
import { isFinal, isResting, type Recovery } from './core/recovery.ts';
import { Effects } from './effects.ts';
import { findingsOf, type Finding } from './findings.ts';
import { Intake, type IntakeCounts } from './intake.ts';
import { Notifier } from './notify.ts';
import { checkName, openPlace, type Place } from './place.ts';
import type { FieldMap } from './read-line.ts';
import { readRules } from './rules.ts';
import { openSource } from './sources/open.ts';

export interface ReconcileOptions {
  /** Files, patterns, directories, `-`, or addresses of log stores. */
  readonly logs: readonly string[];
  /** Of the state: positions and recoveries of one name belong together. */
  readonly name: string;
  readonly stateDir: string;
  readonly rulesFile: string | null;
  /** Over the file's `staleAfter`. */
  readonly staleAfterMs: number | null;
  readonly map: FieldMap;
  readonly timeField: string;
  readonly query: string;
  readonly sinceMs: number;
  readonly follow: boolean;
  readonly dryRun: boolean;
  /** The operator's word about tasks. */
  readonly told: readonly { readonly taskId: string; readonly word: 'gone' | 'ended' | 'retry' }[];
  readonly unit: UnitOptions;
}

export interface ReconcileResult {
  readonly findings: readonly Finding[];
  readonly intake: IntakeCounts;
  /** Attempts that are open and have not started, or are too young to be looked at. */
  readonly atWork: number;
  readonly report: Report;
}

/** How often what was read is stored while more comes. */
const SAVE_MS = 10_000;
/** While following: how often unfinished work is looked for. */
const LOOK_MS = 1_000;

export interface RunningReconcile {
  readonly unit: Unit;
  readonly result: Promise<ReconcileResult>;
}

/** @throws LastcallError `usage`, `fenced`, `state_refused` … before anything is read */
export async function startReconcile(options: ReconcileOptions): Promise<RunningReconcile> {
  checkName(options.name);
  const given = readRules(options.rulesFile, options.stateDir);
  const staleAfterMs = options.staleAfterMs ?? given.policy.staleAfterMs;
  const rules = { ...given, policy: { ...given.policy, staleAfterMs } };
  // A dry run changes nothing, so there is nothing to bring to an end either.
  const own = options.dryRun ? { ownsProcess: false, control: false } : {};
  const owner = unit(options.name === 'default' ? 'reconcile' : `reconcile-${options.name}`, {
    ...options.unit,
    ...own,
    kind: 'reconcile',
    workOf: 'actions',
    stateDir: options.stateDir,
  });
  let place: Place | undefined;
  try {
    place = await openPlace(options, owner.instance);
    const run = new Run(options, owner, place, rules);
    return { unit: owner, result: run.run() };
  } catch (error) {
    place?.close();
    await owner.fail(error);
    throw error;
  }
}

class Run {
  readonly #options: ReconcileOptions;
  readonly #unit: Unit;
  readonly #place: Place;
  readonly #rules: ReturnType<typeof readRules>;
  readonly #state: ReconcileState;
  readonly #effects: Effects;
  readonly #notifier: Notifier | null;
  readonly #stopReading = new AbortController();
  #intake: Intake | null = null;
  #reading: Promise<void> = Promise.resolve();
  #savedMs = systemClock.monotonicMs();

  constructor(options: ReconcileOptions, owner: Unit, place: Place, rules: ReturnType<typeof readRules>) {
    this.#options = options;
    this.#unit = owner;
    this.#place = place;
    this.#rules = rules;
    this.#state = { policy: rules.policy, ledger: place.ledger, recoveries: place.journal.loadRecoveries() };
    this.#notifier = rules.notify
      ? new Notifier(rules.notify.url, rules.notify.headers, (taskId, why) => {
          owner.log('notify_failed', { task_id: taskId, why });
        })
      : null;
    this.#effects = new Effects({
      rules,
      state: this.#state,
      journal: place.journal,
      clock: systemClock,
      random: Math.random,
      isDryRun: options.dryRun,
      onReport: (recovery) => this.#onReport(recovery),
    });
    owner.onIntake('logs', () => {
      this.#stopReading.abort();
      this.#effects.pause();
    });
    owner.onDrain('actions', ({ signal }) => this.#drain(signal));
    owner.onPersist('ledger', () => this.#save());
    owner.onRelease('sources', async () => {
      await this.#intake?.close();
      place.close();
    });
  }

  async run(): Promise<ReconcileResult> {
    this.#reading = this.#work().then(
      () => void this.#unit.complete(this.#exitCode()),
      (error: unknown) => {
        if (!this.#unit.stopRequested.aborted) void this.#unit.fail(error);
      },
    );
    const report = await this.#unit.ended;
    const findings = this.#findings();
    const intake = this.#intake?.counts ?? { tasks: 0, other: 0, bad: 0, badExamples: [] };
    return { findings, intake, atWork: this.#state.ledger.open.size - findings.length, report };
  }

  #findings(): Finding[] {
    const { release, resubmit } = this.#rules;
    return findingsOf(this.#state, { release: release.map(({ name }) => name), resubmit: resubmit?.name ?? null });
  }

  /** Of the process, too: it ends with its unit. */
  #exitCode(): number {
    if (this.#options.dryRun) return 0;
    return this.#findings().some(({ phase }) => phase === 'dead') ? 1 : 0;
  }

  async #work(): Promise<void> {
    const { logs, told, follow } = this.#options;
    const context = { ...this.#options, nowMs: () => systemClock.wallMs(), ...this.#place };
    const sources = [];
    for (const log of logs) sources.push(await openSource(log, context));
    const names = new Set(sources.map(({ name }) => name));
    if (names.size < sources.length) {
      throw new LastcallError('usage', { what: 'the same log is given twice', todo: 'Name each one once.' });
    }
    this.#intake = new Intake(sources, this.#state.ledger, (name) => this.#place.journal.position(name));
    await this.#unit.ready();
    await this.#readAll(this.#intake);
    for (const { taskId, word } of told) this.#tell(taskId, word);
    await this.#settleAll();
    if (follow) await this.#follow(this.#intake);
  }

  #tell(taskId: string, word: 'gone' | 'ended' | 'retry'): void {
    if (!this.#state.ledger.open.has(taskId)) this.#unit.log('not_open', { task_id: taskId, word });
    this.#effects.apply({ type: 'told', taskId, word, atMs: systemClock.wallMs() });
  }

  async #readAll(intake: Intake): Promise<void> {
    const { signal } = this.#stopReading;
    while (!signal.aborted && (await intake.read(signal)) === 'more') this.#saveNowAndThen();
    this.#save();
  }

  /** Until there is nothing left that can be done now: retries are waited for, questions nobody can answer are not. */
  async #settleAll(): Promise<void> {
    const { signal } = this.#stopReading;
    while (!signal.aborted) {
      this.#effects.apply({ type: 'examine', atMs: systemClock.wallMs() });
      if (this.#effects.pending > 0) {
        await this.#effects.settled();
        continue;
      }
      const due = this.#nextTryMs();
      if (due === null || this.#options.dryRun) return;
      await wait(Math.max(1, due - systemClock.wallMs()), undefined, { signal }).catch(() => {});
    }
  }

  /** When the next try of an action is due. */
  #nextTryMs(): number | null {
    let next: number | null = null;
    for (const { phase, notBeforeMs } of this.#state.recoveries.values()) {
      if (isFinal(phase) || isResting(phase)) continue;
      next = Math.min(next ?? notBeforeMs, notBeforeMs);
    }
    return next;
  }

  async #follow(intake: Intake): Promise<void> {
    const { signal } = this.#stopReading;
    while (!signal.aborted) {
      const found = await intake.read(signal);
      this.#saveNowAndThen();
      this.#effects.apply({ type: 'examine', atMs: systemClock.wallMs() });
      if (found !== 'more') await this.#moreOrLater(intake, signal);
    }
  }

  async #moreOrLater(intake: Intake, signal: AbortSignal): Promise<void> {
    const look = AbortSignal.timeout(LOOK_MS);
    await intake.more(AbortSignal.any([signal, look]));
  }

  async #drain(signal: AbortSignal): Promise<void> {
    const abandon = (): void => this.#effects.abandon();
    if (signal.aborted) abandon();
    signal.addEventListener('abort', abandon, { once: true });
    await this.#reading;
    await this.#effects.settled();
    await this.#notifier?.flushed();
    signal.removeEventListener('abort', abandon);
  }

  #saveNowAndThen(): void {
    if (systemClock.monotonicMs() - this.#savedMs >= SAVE_MS) this.#save();
  }

  #save(): void {
    if (this.#intake) this.#place.journal.saveLedger(this.#state.ledger, this.#intake.positions);
    this.#savedMs = systemClock.monotonicMs();
  }

  #onReport(recovery: Recovery): void {
    const { taskId, attempt, phase, why, evidence } = recovery;
    this.#unit.log('reconciled', { task_id: taskId, attempt, phase, why, evidence: evidence?.detail ?? null });
    if (!this.#options.dryRun) this.#notifier?.send(recovery);
  }
}
