// Swapping the model of a running pipeline for one from a file. The engine lends the place of the model at work and an
// epoch barrier; loading beside, verifying, giving up and closing happen here. The rules:
//
// S1. Until the epoch of a swap is committed the old model counts: whatever fails before, it is at work again or still.
// S2. Every candidate is closed, or at work. What was replaced is closed once the swap is committed, after its predictions.
// S3. An ending gives up a swap that has not reached its barrier, and lets one that has be committed; then none begins.
// S4. One swap at a time.
import { assert } from '../../base/assert.ts';
import { LastcallError, messageOf } from '../../base/errors.ts';
import type { ModelDefinition, ModelInstance } from '../ports.ts';

/** The model at work, whose handle steps get. */
export interface ModelPlace {
  readonly instance: ModelInstance<unknown>;
  readonly version: string;
  /** Steps see `instance` from the next record on. */
  install(instance: ModelInstance<unknown>, version: string): void;
}

/** Versions. */
export interface Switch {
  readonly from: string;
  readonly to: string;
}

export interface Swapped extends Switch {
  /** The first epoch of the new model. */
  readonly epoch: number;
  /** Why the old one could not be released, if so; the swap stands all the same. */
  readonly notReleased: string | null;
}

/**
 * Waits until no step is at work, calls `apply`, commits an epoch that says what it returned and holds the state of the new
 * model whole, and resolves with the epoch's number. If it rejects, nothing was committed.
 */
export type AtBarrier = (apply: () => Switch) => Promise<number>;

export class SwapSlot {
  readonly #name: string;
  readonly #definition: ModelDefinition<unknown>;
  readonly #place: ModelPlace;
  #isEnding = false;
  /** The swap under way, however it ends. */
  #swapping: Promise<unknown> | null = null;

  /** @param name as the pipeline declares it */
  constructor(name: string, definition: ModelDefinition<unknown>, place: ModelPlace) {
    this.#name = name;
    this.#definition = definition;
    this.#place = place;
  }

  /**
   * Replaces the model by the one in the file at `path`; if that fails, the old one is at work. The new one is frozen if the
   * old one is.
   * @throws LastcallError `usage` (models of this kind come from no file), `failed` (another swap is under way), `cancelled`
   *   (an ending began); and what loading, verification or the commit throw
   */
  async swap(path: string, version: string, atBarrier: AtBarrier): Promise<Swapped> {
    const definition = this.#definition;
    if (definition.load === undefined) throw notFromFiles(this.#name);
    this.#requireOngoing();
    if (this.#swapping !== null) throw busy(this.#name);
    const swapping = this.#swap(definition.load(path, version), version, atBarrier);
    this.#swapping = swapping.catch(() => {});
    try {
      return await swapping;
    } finally {
      this.#swapping = null;
    }
  }

  /** No further swap begins; resolves when the one under way is committed or given up. Does not close the model at work. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#swapping;
  }

  async #swap(loading: Promise<ModelInstance<unknown>>, version: string, atBarrier: AtBarrier): Promise<Swapped> {
    const candidate = await loading;
    let old = null as Pick<ModelPlace, 'instance' | 'version'> | null;
    let epoch: number;
    try {
      this.#requireOngoing();
      await candidate.verify();
      epoch = await atBarrier(() => {
        this.#requireOngoing();
        // Only now: the model at work is another one after a record was undone.
        const { instance, version: from } = this.#place;
        old = { instance, version: from };
        candidate.learning = instance.learning;
        this.#place.install(candidate, version);
        return { from, to: version };
      });
    } catch (error) {
      if (old !== null) this.#place.install(old.instance, old.version);
      await candidate.close();
      throw error;
    }
    assert(old !== null, 'the barrier of a swap applied it');
    const { instance, version: from } = old;
    const notReleased = await instance.close().then(() => null, messageOf);
    return { from, to: version, epoch, notReleased };
  }

  #requireOngoing(): void {
    if (this.#isEnding) throw ending(this.#name);
  }
}

function notFromFiles(name: string): LastcallError {
  return new LastcallError('usage', {
    what: 'models of this kind cannot be swapped',
    on: `model ${name}`,
    todo: 'Declare a model that can be loaded from a file.',
  });
}

function busy(name: string): LastcallError {
  return new LastcallError('failed', {
    what: 'another swap of the model is under way',
    on: `model ${name}`,
    todo: 'Ask again when it has ended.',
  });
}

function ending(name: string): LastcallError {
  return new LastcallError('cancelled', {
    what: 'the model is being stopped, so it was not swapped',
    on: `model ${name}`,
    todo: 'Swap it after the next start.',
  });
}
