// The sinks of a pipeline with parts, as one: outputs of the step go to the first, parts add to their own, and all are
// committed together.
import type { OpenSink, Origin, Sink, SinkContext } from '../../ports.ts';

export class SinkGroup implements OpenSink<unknown> {
  /** The step's, then one for each part that has one. */
  readonly members: readonly OpenSink<unknown>[];
  readonly add: (output: unknown, origin: Origin) => void;

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
