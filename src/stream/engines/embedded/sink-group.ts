// The sinks of a pipeline with parts, as one: outputs of the step go to the first, parts add to their own, and all are
// committed together.
import type { OpenSink, Origin, Reach, Sink, SinkContext } from '../../ports.ts';

/** What each member had committed at one time. */
interface Place {
  readonly number: number;
  readonly committed: readonly number[];
}

/** Places that are told apart. */
const PLACES_MAX = 1_024;

export class SinkGroup implements OpenSink<unknown> {
  /** The step's, then one for each part that has one. */
  readonly members: readonly OpenSink<unknown>[];
  readonly add: (output: unknown, origin: Origin) => void;
  /** Places that are committed, oldest first, from the newest that is acknowledged on. */
  readonly #places: Place[] = [{ number: 0, committed: [] }];
  #acknowledged = 0;

  private constructor(members: readonly OpenSink<unknown>[]) {
    this.members = members;
    const first = members[0]!;
    this.add = (output, origin) => first.add(output, origin);
  }

  /** @throws what opening throws; then none is open */
  static async open(sinks: readonly Sink<unknown>[], context: SinkContext): Promise<SinkGroup> {
    await using opening = new AsyncDisposableStack();
    const members: OpenSink<unknown>[] = [];
    for (const sink of sinks) {
      const member = await sink.open(context);
      opening.defer(() => member.close());
      members.push(member);
    }
    opening.move();
    return new SinkGroup(members);
  }

  get collected(): number {
    return this.members.reduce((sum, { collected }) => sum + collected, 0);
  }

  get unacknowledged(): number {
    return this.members.reduce((sum, { unacknowledged }) => sum + unacknowledged, 0);
  }

  /** Of the members together: numbers of our own for the places that they have committed up to. */
  get reach(): Reach {
    const reaches = this.members.flatMap(({ reach }) => reach ?? []);
    const committed = reaches.map((reach) => reach.committed);
    const last = this.#places.at(-1)!;
    if (last.committed.join() !== committed.join()) {
      const number = last.number + 1;
      // Beyond the bound the newest are one place, which is acknowledged when all of it is.
      if (this.#places.length === PLACES_MAX) this.#places[PLACES_MAX - 1] = { number: last.number, committed };
      else this.#places.push({ number, committed });
    }
    const isReached = (place: Place): boolean =>
      place.committed.every((at, index) => at <= reaches[index]!.acknowledged);
    const waiting = this.#places.findIndex((place) => !isReached(place));
    const reached = this.#places[(waiting === -1 ? this.#places.length : waiting) - 1];
    if (reached !== undefined) this.#acknowledged = reached.number;
    // The last one stays, to be compared with.
    this.#places.splice(0, Math.min(waiting === -1 ? this.#places.length : waiting, this.#places.length - 1));
    return { committed: this.#places.at(-1)!.number, acknowledged: this.#acknowledged };
  }

  async recover(): Promise<void> {
    for (const member of this.members) await member.recover();
  }

  ended(): boolean {
    return this.members.map((member) => member.ended?.() ?? false).includes(true);
  }

  async prepare(epoch: number, signal?: AbortSignal): Promise<void> {
    for (const member of this.members) await member.prepare?.(epoch, signal);
  }

  commit(epoch: number): void {
    for (const member of this.members) member.commit(epoch);
  }

  async published(epoch: number): Promise<void> {
    for (const member of this.members) await member.published?.(epoch);
  }

  discard(): void {
    for (const member of this.members) member.discard();
  }

  async acknowledged(signal: AbortSignal): Promise<void> {
    await Promise.all(this.members.map(async (member) => member.acknowledged?.(signal)));
  }

  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.members.map((member) => member.close()));
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
  }
}
