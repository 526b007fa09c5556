// The models and parts of a pipeline that can be stopped alone, as nested units: each ends by its own stages with a report
// of its own, and comes back as a new one.
import type { Unit } from '../../../lifecycle/index.ts';
import type { OpenPipeline } from './open.ts';
import { isAtWork } from './part-desk.ts';
import type { PartDesk } from './part-desk.ts';

export class PartUnits {
  readonly #unit: Unit;
  readonly #open: OpenPipeline;
  readonly #desk: PartDesk;
  /** Settles when the engine has stopped working. */
  readonly #working: () => Promise<void>;
  readonly #units = new Map<string, Unit>();
  /** Records that are in the account of a unit, by scope. */
  readonly #counted = new Map<string, number>();

  constructor(unit: Unit, open: OpenPipeline, desk: PartDesk, working: () => Promise<void>) {
    this.#unit = unit;
    this.#open = open;
    this.#desk = desk;
    this.#working = working;
    open.epochs.onCommit(() => this.#count());
  }

  /** All of them; those that were stopped when the state was committed are stopped again. */
  async begin(): Promise<void> {
    for (const { scope } of this.#desk.branches.scopes) {
      const unit = this.#add(scope);
      await unit.ready();
      if (this.#desk.branches.stopped.includes(scope)) void unit.stop();
    }
  }

  /** @returns how many records wait to be worked off. @throws what PartDesk.start throws */
  async start(scope: string): Promise<number> {
    this.#desk.requireScope(scope);
    const former = this.#units.get(scope)!;
    if (!former.stopRequested.aborted) throw isAtWork(scope);
    await former.ended;
    // Somebody else may have been quicker.
    if (this.#units.get(scope) !== former) throw isAtWork(scope);
    // It is there before it works: a stop that comes meanwhile finds it, and takes effect after.
    const unit = this.#add(scope);
    const parked = await this.#desk.start(scope);
    await unit.ready();
    return parked;
  }

  #add(scope: string): Unit {
    const { name, optional } = this.#desk.branches.scopes.find((one) => one.scope === scope)!;
    const kind = scope.slice(0, scope.indexOf(':'));
    const unit = this.#unit.part(name, { kind, optional, workOf: 'records' });
    unit.onDrain('records', () => this.#drain(scope, unit));
    this.#units.set(scope, unit);
    this.#counted.set(scope, this.#desk.branches.processed(scope));
    return unit;
  }

  /** By itself it is stopped between two epochs; with the whole pipeline it works as long as that does, and is not. */
  async #drain(scope: string, unit: Unit): Promise<void> {
    if (!this.#unit.stopRequested.aborted) {
      await this.#desk.stop(scope);
    } else await this.#working();
    unit.checkpointed(this.#open.checkpoint());
  }

  /** What a unit has processed is in its account once it is committed. */
  #count(): void {
    for (const [scope, unit] of this.#units) {
      const processed = this.#desk.branches.processed(scope);
      const records = processed - this.#counted.get(scope)!;
      this.#counted.set(scope, processed);
      if (records > 0 && unit.work.acceptMany(records)) unit.work.finishMany(records);
    }
  }
}
