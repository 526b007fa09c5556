// Which committed records are finished: those of an epoch are, once the outside has acknowledged the outputs of that epoch
// and of all before it.

interface Owed {
  records: number;
  /** The last output of these records, in the sink's own order. */
  upTo: number;
}

/** Epochs that are told apart. Beyond it the newest are settled together. */
const EPOCHS_MAX = 1_024;

export class Settlement {
  readonly #owed: Owed[] = [];
  #records = 0;

  /** Records that wait for an acknowledgement. */
  get records(): number {
    return this.#records;
  }

  /** `records` more are committed, and the newest output is `upTo`, which never goes back. */
  commit(records: number, upTo: number): void {
    const last = this.#owed.at(-1);
    if (last !== undefined && (last.upTo === upTo || this.#owed.length === EPOCHS_MAX)) {
      last.records += records;
      last.upTo = upTo;
    } else this.#owed.push({ records, upTo });
    this.#records += records;
  }

  /** Every output up to `upTo` is acknowledged. @returns the records that are finished by it */
  acknowledge(upTo: number): number {
    const waiting = this.#owed.findIndex((owed) => owed.upTo > upTo);
    const reached = this.#owed.splice(0, waiting === -1 ? this.#owed.length : waiting);
    const finished = reached.reduce((sum, { records }) => sum + records, 0);
    this.#records -= finished;
    return finished;
  }
}
