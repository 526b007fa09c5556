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

  constructor(branches: Branches, epochs: Epochs, engine: Engine) {
    this.branches = branches;
    this.#epochs = epochs;
    this.#engine = engine;
  }

  /** Does nothing if it is stopped. @throws LastcallError `cancelled` if the pipeline is ending */
  async stop(scope: string): Promise<void> {
    this.requireScope(scope);
    if (!this.branches.stopped.includes(scope)) await this.#change(scope, 'stopped');
  }

  /**
   * What was parked for it is worked off before newer records.
   * @returns how many records wait
   * @throws LastcallError `not_found` (no such scope), `usage` (it is at work), `cancelled` (the pipeline is ending)
   */
  async start(scope: string): Promise<number> {
    this.requireScope(scope);
    if (!this.branches.stopped.includes(scope)) {
      throw new LastcallError('usage', {
        what: 'it is not stopped',
        on: scope,
        todo: 'Nothing has to be done: it is at work.',
      });
    }
    await this.#change(scope, 'started');
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

  #change(scope: string, to: 'stopped' | 'started'): Promise<void> {
    return this.#engine.atBarrier(async (commit) => {
      this.branches.set(scope, to);
      this.#epochs.open.events.push({ event: to, scope });
      await commit();
    });
  }
}
