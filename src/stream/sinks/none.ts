// The sink of a pipeline that only learns: what its step returns is dropped.
import type { OpenSink, Sink } from '../ports.ts';

/** Drops every output. */
export function none(): Sink<unknown> {
  return { kind: 'none', identity: 'none', schema: null, open: async () => new OpenNone() };
}

class OpenNone implements OpenSink<unknown> {
  readonly collected = 0;
  readonly unacknowledged = 0;
  async recover(): Promise<void> {}
  add(): void {}
  commit(): void {}
  discard(): void {}
  async close(): Promise<void> {}
}
