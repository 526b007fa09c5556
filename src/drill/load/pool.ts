// Connections that carry one request after the other. The one that was idle longest is taken first, so that each is used
// all the time, and those that a server closes are not taken again.
import { Connection } from './connection.ts';
import type { Address } from './types.ts';

/** More idle connections than that no client of ours needs. */
const IDLE_MAX = 32;

export class Pool {
  readonly #address: Address;
  readonly #protocol: 'http' | 'lines';
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();

  constructor(address: Address, protocol: 'http' | 'lines') {
    this.#address = address;
    this.#protocol = protocol;
  }

  /** An idle connection, or a new one. */
  take(): Connection {
    for (let found = this.#idle.shift(); found; found = this.#idle.shift()) if (found.isOpen) return found;
    return this.open({ keep: true, slowBytes: 0 });
  }

  open({ keep, slowBytes }: { readonly keep: boolean; readonly slowBytes: number }): Connection {
    const connection = new Connection(this.#address, {
      protocol: this.#protocol,
      slowBytes,
      idle: (it) => {
        if (keep && this.#idle.length < IDLE_MAX) this.#idle.push(it);
        else it.abandon('reset');
      },
      closed: (it) => {
        this.#all.delete(it);
        const place = this.#idle.indexOf(it);
        if (place !== -1) this.#idle.splice(place, 1);
      },
    });
    this.#all.add(connection);
    return connection;
  }

  /** Connections on which nothing is asked. */
  get idle(): number {
    return this.#idle.length;
  }

  /** Closes all; nothing may be under way any more. */
  close(): void {
    for (const connection of this.#all) connection.abandon('reset');
    this.#all.clear();
    this.#idle.length = 0;
  }
}
