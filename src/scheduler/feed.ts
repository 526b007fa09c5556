// What has happened, told to who listens: each event once, in order, after it is durable. A listener that fails is told
// nothing more; it never holds up the scheduler.
import type { StoredEvent } from './store/port.ts';

export type Listener = (event: StoredEvent) => void;

export class Feed {
  readonly #listeners = new Set<Listener>();

  listen(listener: Listener): () => void {
    // Each call is one listener, also of the same function.
    const own: Listener = (event) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  publish(events: readonly StoredEvent[]): void {
    for (const event of events) {
      for (const listener of this.#listeners) {
        try {
          listener(event);
        } catch {
          this.#listeners.delete(listener);
        }
      }
    }
  }
}
