// The unit that users hold, root or part: what is asked of it becomes an event of the core.
import { durationMs } from '../../base/duration.ts';
import type { Effect } from '../core/events.ts';
import type { CheckpointRecord, Phase, ReleaseRecord, StageName, UnitState } from '../core/types.ts';
import type { Report, UnitIdentity } from '../report.ts';
import type {
  HookFunction,
  HookOptions,
  Participant,
  PartOptions,
  ReportedHook,
  StopRequest,
  Unit,
  UnitExtension,
} from '../types.ts';
import type { Readiness, UnitViewEvent } from '../view.ts';
import { SharedAccount } from '../watchdog/shared-account.ts';
import { recordOf, type RecordedUnit, snapshotState, type UnitSnapshot } from '../watchdog/snapshot.ts';
import type { EventInput } from './executor.ts';
import { causedBy, completionEvent, failureEvent, overtaken } from './failure.ts';
import { UnitHost, type UnitMakings } from './host.ts';
import { identify } from './identity.ts';
import { partConfig } from './options.ts';
import { PartPlace } from './part.ts';
import { partHookId, type Parts } from './parts.ts';
import type { Urgency } from './place.ts';
import { plainData } from './plain-data.ts';
import { WorkAccount } from './work-account.ts';

export class UnitNode implements Unit {
  readonly work: WorkAccount;
  readonly ended: Promise<Report>;
  readonly extensions: UnitExtension[] = [];
  readonly reportedHooks: ReportedHook[] = [];
  readonly #made: UnitMakings;
  readonly #host: UnitHost;
  readonly #account = new SharedAccount();

  constructor(made: UnitMakings) {
    this.#made = made;
    this.#host = new UnitHost(made, this);
    this.work = new WorkAccount(this.state.work, this.#account, {
      phase: () => this.phase,
      dispatch: (event) => this.dispatch(event),
    });
    this.ended = this.reported.then((report) => made.place.left.then(() => report));
    made.place.enter(this);
  }

  get identity(): UnitIdentity {
    return this.#made.identity;
  }
  get kind(): string {
    return this.identity.kind;
  }
  get name(): string {
    return this.identity.name;
  }
  get instance(): string {
    return this.identity.instance;
  }
  get workOf(): string {
    return this.#made.workOf;
  }
  get state(): UnitState {
    return this.#host.executor.state;
  }
  get phase(): Phase {
    return this.state.phase;
  }
  readiness(): Readiness {
    const { ending, stage, phase, shownReady } = this.state;
    const stopping = ending !== null && phase === 'stopping';
    const remainingMs = stopping ? Math.max(0, ending.deadlineAtMs - this.#made.clock.monotonicMs()) : null;
    return { ready: shownReady, stage: stage?.name ?? null, remainingMs };
  }
  get stopRequested(): AbortSignal {
    return this.#host.stop.signal;
  }
  get control(): Promise<string | null> {
    return this.#made.place.control;
  }
  get parts(): Parts {
    return this.#host.parts;
  }
  /** Settles with the report as soon as it is written, while what is around the unit still closes. */
  get reported(): Promise<Report> {
    return this.#host.over.promise;
  }

  dispatch(event: EventInput): readonly Effect[] {
    return this.#host.executor.dispatch(event);
  }

  use(participant: Participant): this {
    participant.join(this);
    return this;
  }

  onAnnounce(name: string, hook: HookFunction, options?: HookOptions): this {
    return this.#on('announce', name, hook, options);
  }
  onIntake(name: string, hook: HookFunction, options?: HookOptions): this {
    return this.#on('intake', name, hook, options);
  }
  onDrain(name: string, hook: HookFunction, options?: HookOptions): this {
    return this.#on('drain', name, hook, options);
  }
  onPersist(name: string, hook: HookFunction, options?: HookOptions): this {
    return this.#on('persist', name, hook, options);
  }
  onRelease(name: string, hook: HookFunction, options?: HookOptions): this {
    return this.#on('release', name, hook, options);
  }

  #on(stage: StageName, name: string, hook: HookFunction, options: HookOptions = {}): this {
    const id = `${stage}:${name}`;
    const dependsOn = (options.dependsOn ?? []).map((needed) => `${stage}:${needed}`);
    const { finishes = false } = options;
    const spec = { id, name, stage, dependsOn, kind: 'hook', optional: false, finishes } as const;
    this.#add(() => this.#host.executor.provide(id, hook, () => this.dispatch({ type: 'hookAdded', hook: spec })));
    return this;
  }

  part(name: string, options: PartOptions = {}): UnitNode {
    const config = partConfig(this.#made.config, options);
    const make = () => {
      const identity = identify(options.kind ?? 'part', name, this.#made.clock);
      const place = new PartPlace(this, partHookId(name));
      return new UnitNode({ ...this.#made, identity, workOf: options.workOf ?? 'items', config, place });
    };
    return this.#add(() => this.parts.add(name, options, make));
  }

  /** A start that was overtaken by a stop ends where it would add what comes too late; that is no failure (isStop). */
  #add<Added>(add: () => Added): Added {
    try {
      return add();
    } catch (error) {
      throw this.state.readyAtMs === null ? overtaken(error, this.stopRequested) : error;
    }
  }

  onReported(hook: ReportedHook): this {
    this.reportedHooks.push(hook);
    return this;
  }

  listening(): void {
    this.dispatch({ type: 'listening' });
  }

  extension(extension: UnitExtension): this {
    this.extensions.push(extension);
    return this;
  }

  async ready(): Promise<void> {
    await this.#made.place.prepare();
    if (this.phase !== 'starting') return;
    this.dispatch({ type: 'ready' });
    this.#made.place.becameReady();
  }

  stop(request: StopRequest = {}): Promise<Report> {
    const deadlineMs = request.deadline === undefined ? null : durationMs(request.deadline, 'deadline');
    const { cause = { kind: 'api' }, mode = 'suspend' } = request;
    this.dispatch({ type: 'stopRequested', cause, deadlineMs, mode });
    return this.ended;
  }

  notice(deadlineMs: number, provider: string): void {
    this.dispatch({ type: 'notice', deadlineMs: durationMs(deadlineMs, 'deadlineMs'), provider });
  }

  complete(code = 0): Promise<Report> {
    this.dispatch(completionEvent(code));
    return this.ended;
  }

  fail(error: unknown): Promise<Report> {
    if (!this.isStop(error)) this.dispatch(failureEvent(error));
    return this.ended;
  }

  workKilled(): void {
    this.dispatch({ type: 'workKilled' });
  }

  available(available: boolean): void {
    this.dispatch({ type: 'available', available });
  }

  checkpointed(checkpoint: CheckpointRecord): void {
    this.dispatch({ type: 'checkpointed', checkpoint: plainData(checkpoint, 'checkpoint') });
  }

  released(released: ReleaseRecord): void {
    this.dispatch({ type: 'released', released: plainData(released, 'released') });
  }

  setAside(deadLetters: number): void {
    this.dispatch({ type: 'setAside', deadLetters });
  }

  on(listener: (event: UnitViewEvent) => void): () => void {
    return this.#host.on(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Leaving the block is the end of the work, unless something else ended it before.
    await (this.phase === 'starting' || this.phase === 'ready' ? this.complete() : this.ended);
  }

  // For the unit's place, its parent and its services.

  /** Whether an error is only what `stopRequested` told somebody who waited: the stop, and no failure. */
  isStop(error: unknown): boolean {
    return causedBy(error, this.stopRequested.reason);
  }

  relay(event: UnitViewEvent): void {
    this.#host.relay(event);
  }

  log(event: string, fields: Readonly<Record<string, unknown>>): void {
    this.#host.log(event, fields);
  }

  changed(unit: UnitNode, urgency: Urgency): void {
    this.#made.place.changed(unit, urgency);
  }

  beforeHook(): void {
    this.#made.place.beforeHook();
  }

  extend(hook: string, ms: number): { readonly grantedMs: number; readonly reason: string | null } {
    return this.#host.extend(hook, ms);
  }

  /** `true` once in this and the watchdog's thread together: the report may be written. */
  claimReport(): boolean {
    return this.#account.claimReport('main');
  }

  /** Until then an end of the state is none of the process: effects of it may still run, and block. */
  get reportClaimed(): boolean {
    return this.#account.reportClaimed;
  }

  report(): Report {
    return this.#host.report();
  }

  snapshot(): UnitSnapshot {
    return {
      ...snapshotState(this.state),
      account: this.#account.buffer,
      identity: this.identity,
      workOf: this.workOf,
      wallAtZeroMs: this.#host.wallAtZeroMs,
      parts: this.parts.instances(),
      report: this.phase === 'ended' ? this.report() : null,
    };
  }

  record(): RecordedUnit {
    const units = [this, ...this.parts.tree()];
    return recordOf(this.snapshot(), new Map(units.map((unit) => [unit.instance, unit.snapshot()])));
  }

  /** The parent's core asks this part to end within `budgetMs`. */
  endBy(budgetMs: number): void {
    this.#made.place.endBy(budgetMs);
  }

  endNow(): void {
    if (this.phase === 'ended') return;
    this.dispatch({ type: 'stopRequested', cause: { kind: 'deadline' }, deadlineMs: 0, mode: 'suspend' });
    this.dispatch({ type: 'tick' });
  }

  /** The whole ending within `process.exit(code)`: what is synchronous, and the report. */
  endSynchronously(code: number): void {
    const ended = { type: 'workEnded', code, error: null } as const;
    // Before hooks are cut, which may be all that an ending waits for.
    if (this.phase === 'stopping') this.dispatch(ended);
    for (const unit of [...this.parts.tree(), this]) unit.#becomeSynchronous();
    this.dispatch(ended);
    this.dispatch({ type: 'forced' });
    this.endNow();
  }

  #becomeSynchronous(): void {
    // Nothing in flight can be finished any more.
    this.state.work.settleRest(this.#made.config.unfinishedWork);
    this.#host.executor.becomeSynchronous();
  }
}
