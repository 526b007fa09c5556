// What can be asked about the models of a running pipeline: swap one for a file, freeze it (predict, do not learn), thaw it.
// A candidate is loaded and verified beside the one at work; the change itself happens at an epoch barrier, where no step
// is at work and so nobody refers to the old one, and is committed as an epoch of its own.
import { LastcallError } from '../../../base/errors.ts';
import type { Engine } from './engine.ts';
import type { Epochs } from './epochs.ts';
import { ModelSlot } from './slots.ts';
import type { Slot } from './slots.ts';

export interface Swapped {
  readonly model: string;
  /** Versions. */
  readonly from: string;
  readonly to: string;
  /** The first epoch of the new one. */
  readonly epoch: number;
}

export class ModelDesk {
  readonly #models: readonly ModelSlot[];
  readonly #epochs: Epochs;
  readonly #engine: Engine;

  constructor(slots: readonly Slot[], epochs: Epochs, engine: Engine) {
    this.#models = slots.filter((slot) => slot instanceof ModelSlot);
    this.#epochs = epochs;
    this.#engine = engine;
  }

  /**
   * Replaces a model by the one in the file at `path`.
   * @throws LastcallError `not_found` (no such model), `usage` (it cannot be swapped), `cancelled` (the pipeline is ending),
   *   and whatever the model's own checks say; the old one is at work then
   */
  async swap(model: string, path: string, version: string): Promise<Swapped> {
    const slot = this.#find(model);
    const { load } = slot.definition;
    if (load === undefined) {
      throw new LastcallError('usage', {
        what: 'models of this kind cannot be swapped',
        on: `model ${model}`,
        todo: 'Declare a model that is loaded from a file.',
      });
    }
    const candidate = await load.call(slot.definition, path, version);
    try {
      await candidate.verify();
      return await this.#engine.atBarrier(async () => {
        const old = slot.instance;
        const from = slot.version;
        slot.install(candidate);
        slot.isNew = true;
        slot.version = version;
        this.#epochs.open.events.push({ event: 'swapped', model, from, to: version });
        await this.#epochs.commit();
        await old.close();
        return { model, from, to: version, epoch: this.#epochs.committed.row.epoch };
      });
    } catch (error) {
      if (slot.instance !== candidate) await candidate.close();
      throw error;
    }
  }

  /** `frozen`: it predicts and does not learn. @throws LastcallError `not_found`, `cancelled` */
  async setLearning(model: string, to: 'frozen' | 'thawed'): Promise<void> {
    const slot = this.#find(model);
    await this.#engine.atBarrier(async () => {
      if (slot.instance.learning === (to === 'thawed')) return;
      slot.instance.learning = to === 'thawed';
      this.#epochs.open.events.push({ event: to, model });
      await this.#epochs.commit();
    });
  }

  #find(model: string): ModelSlot {
    const slot = this.#models.find((candidate) => candidate.model === model);
    if (slot !== undefined) return slot;
    const known = this.#models.map((candidate) => candidate.model).join(', ');
    throw new LastcallError('not_found', {
      what: 'there is no such model',
      on: `model ${model}`,
      todo: known === '' ? 'This pipeline has no models.' : `Its models are ${known}.`,
    });
  }
}
