// What can be asked about the models of a running pipeline: swap one for a file (models/slot.ts has the rules), freeze it
// (predict, do not learn), thaw it. Each takes effect at an epoch barrier and is committed as an epoch of its own.
import { LastcallError } from '../../../base/errors.ts';
import { SwapSlot } from '../../models/index.ts';
import type { Swapped } from '../../models/index.ts';
import type { EpochEvent } from './chain.ts';
import type { Engine } from './engine.ts';
import type { Epochs } from './epochs.ts';
import { ModelSlot } from './slots.ts';
import type { Slot } from './slots.ts';

interface Model {
  readonly slot: ModelSlot;
  readonly swaps: SwapSlot;
}

export class ModelDesk {
  readonly #models: ReadonlyMap<string, Model>;
  readonly #epochs: Epochs;
  readonly #engine: Engine;

  constructor(slots: readonly Slot[], epochs: Epochs, engine: Engine) {
    const models = slots.filter((slot) => slot instanceof ModelSlot);
    this.#models = new Map(
      models.map((slot) => [slot.model, { slot, swaps: new SwapSlot(slot.model, slot.definition, slot) }]),
    );
    this.#epochs = epochs;
    this.#engine = engine;
  }

  /**
   * Replaces a model by the one in the file at `path`; if that fails, the old one is at work.
   * @throws LastcallError `not_found` (no such model), `cancelled` (the pipeline is ending); what SwapSlot.swap throws
   */
  async swap(model: string, path: string, version: string): Promise<Swapped> {
    const { swaps } = this.#find(model);
    return swaps.swap(path, version, (apply) =>
      this.#atBarrier(() => ({ event: 'swapped', model, ...apply() }) satisfies EpochEvent),
    );
  }

  /** `frozen`: it predicts and does not learn. @throws LastcallError `not_found`, `cancelled` */
  async setLearning(model: string, to: 'frozen' | 'thawed'): Promise<void> {
    const { slot } = this.#find(model);
    await this.#atBarrier(() => {
      if (slot.instance.learning === (to === 'thawed')) return null;
      slot.instance.learning = to === 'thawed';
      return { event: to, model };
    });
  }

  /** No further swap begins; resolves when those under way are committed or given up. */
  async end(): Promise<void> {
    await Promise.all([...this.#models.values()].map(({ swaps }) => swaps.end()));
  }

  /** @returns the epoch that the change is committed with */
  #atBarrier(change: () => EpochEvent | null): Promise<number> {
    return this.#engine.atBarrier(async (commit) => {
      const event = change();
      if (event !== null) this.#epochs.open.events.push(event);
      await commit();
      return this.#epochs.committed.row.epoch;
    });
  }

  #find(model: string): Model {
    const found = this.#models.get(model);
    if (found !== undefined) return found;
    const known = [...this.#models.keys()].join(', ');
    throw new LastcallError('not_found', {
      what: 'there is no such model',
      on: `model ${model}`,
      todo: known === '' ? 'This pipeline has no models.' : `Its models are ${known}.`,
    });
  }
}
