// Accepts what several requests bring in one transaction: those that arrive while one is being written wait for the next,
// so an fsync is shared by as many as there are, and nobody waits for a timer.
import { systemClock } from '../../../base/clock.ts';
import type { Accepted, Inbox, Submission } from './inbox.ts';

interface Waiting {
  readonly submission: Submission;
  readonly resolve: (accepted: Accepted) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit {
  readonly #inbox: Inbox;
  readonly #accepted: () => void;
  #waiting: Waiting[] = [];
  #records = 0;

  /** @param accepted called after each transaction */
  constructor(inbox: Inbox, accepted: () => void) {
    this.#inbox = inbox;
    this.#accepted = accepted;
  }

  /** Records that are not durable yet. */
  get records(): number {
    return this.#records;
  }

  /** Resolves when the records are durable. @throws LastcallError `disk_full`, `io`: none of them was accepted */
  submit(submission: Submission): Promise<Accepted> {
    const { promise, resolve, reject } = Promise.withResolvers<Accepted>();
    if (this.#waiting.length === 0) setImmediate(() => this.#commit());
    this.#waiting.push({ submission, resolve, reject });
    this.#records += submission.records.length;
    return promise;
  }

  #commit(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#records = 0;
    try {
      const results = this.#inbox.accept(
        waiting.map(({ submission }) => submission),
        systemClock.wallMs(),
      );
      for (const [index, { resolve }] of waiting.entries()) resolve(results[index]!);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
      return;
    }
    this.#accepted();
  }
}
