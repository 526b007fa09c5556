// Stopping and starting one model or part of a running pipeline. Either takes effect at an epoch barrier and is committed as
// an epoch of its own, so that a resume finds the same things stopped.
import { LastcallError } from '../../../base/errors.ts';
import type { Branches } from './branches.ts';
import type { Engine } from './engine.ts';
import type { Epochs } from './epochs.ts';

export class PartDesk {
  readonly branches: Branches;
  readonly #epochs: Epochs;
  readonly #engine: Engine;
  /** Changes that wait for their barrier. */
  #changing = 0;

  constructor(branches: Branches, epochs: Epochs, engine: Engine) {
    this.branches = branches;
    this.#epochs = epochs;
    this.#engine = engine;
  }

  /**
   * Does nothing if it is stopped. If the pipeline comes to its end first, the end is what it takes effect at.
   * @throws what the commit throws
   */
  async stop(scope: string): Promise<void> {
    this.requireScope(scope);
    if (this.#changing === 0 && this.branches.stopped.includes(scope)) return;
    try {
      await this.#change(scope, 'stopped');
    } catch (error) {
      if (!(error instanceof LastcallError) || error.code !== 'cancelled') throw error;
      // No step is at work any more, and the last epoch is not committed yet.
      this.#set(scope, 'stopped');
    }
  }

  /**
   * What was parked for it is worked off before newer records. What was asked before takes effect before.
   * @returns how many records wait
   * @throws LastcallError `not_found` (no such scope), `usage` (it is at work), `cancelled` (the pipeline is ending)
   */
  async start(scope: string): Promise<number> {
    this.requireScope(scope);
    if (!(await this.#change(scope, 'started'))) throw isAtWork(scope);
    const { parked } = this.branches;
    return parked[scope] ?? parked['step']!;
  }

  /** @throws LastcallError `not_found` */
  requireScope(scope: string): void {
    const known = this.branches.scopes.map((one) => one.scope);
    if (known.includes(scope)) return;
    throw new LastcallError('not_found', {
      what: 'it is nothing that can be stopped and started alone',
      on: scope,
      todo: `In this pipeline these can: ${known.join(', ')}.`,
    });
  }

  /** @returns whether it was otherwise before */
  async #change(scope: string, to: 'stopped' | 'started'): Promise<boolean> {
    this.#changing += 1;
    try {
      return await this.#engine.atBarrier(async (commit) => {
        if (!this.#set(scope, to)) return false;
        await commit();
        return true;
      });
    } finally {
      this.#changing -= 1;
    }
  }

  /** Between two epochs: part of the next one. */
  #set(scope: string, to: 'stopped' | 'started'): boolean {
    if (this.branches.stopped.includes(scope) === (to === 'stopped')) return false;
    this.branches.set(scope, to);
    this.#epochs.open.events.push({ event: to, scope });
    return true;
  }
}

export function isAtWork(scope: string): LastcallError {
  return new LastcallError('usage', {
    what: 'it is not stopped',
    on: scope,
    todo: 'Nothing has to be done: it is at work.',
  });
}
