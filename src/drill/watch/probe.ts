// Asks a health path again and again, each time on a new connection, and keeps what it said and when.
import { type Exchange, Connection } from '../load/connection.ts';
import { requestBytes } from '../load/requests.ts';
import type { Address } from '../load/types.ts';

export interface Probe {
  readonly sentMs: number;
  readonly endMs: number;
  /** null: no answer. */
  readonly status: number | null;
}

export interface ProbePlace {
  readonly address: Address;
  readonly path: string;
}

const EVERY_MS = 25;
const ANSWER_MS_MAX = 1_000;
/** Of ten minutes at forty a second. */
const PROBES_MAX = 30_000;

export class Prober {
  readonly probes: Probe[] = [];
  readonly #place: ProbePlace;
  readonly #heard: (probe: Probe) => void;
  #isRunning = false;

  /** @param heard told of every probe when it is over */
  constructor(place: ProbePlace, heard: (probe: Probe) => void = () => {}) {
    this.#place = place;
    this.#heard = heard;
  }

  start(): void {
    this.#isRunning = true;
    void this.#run();
  }

  stop(): void {
    this.#isRunning = false;
  }

  async #run(): Promise<void> {
    while (this.#isRunning && this.probes.length < PROBES_MAX) {
      const probe = await probeOnce(this.#place);
      if (!this.#isRunning) return;
      this.probes.push(probe);
      this.#heard(probe);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }
}

export function probeOnce({ address, path }: ProbePlace): Promise<Probe> {
  const shape = { method: 'GET', path, headers: [], body: null, host: `${address.host}:${address.port}` };
  const sentMs = performance.now();
  let status: number | null = null;
  return new Promise((resolve) => {
    const connection = new Connection(address, { protocol: 'http', slowBytes: 0, idle: () => {}, closed: () => {} });
    const timer = setTimeout(() => connection.abandon('timeout'), ANSWER_MS_MAX);
    const exchange: Exchange = {
      method: 'GET',
      bytes: requestBytes(shape, 'probe', true),
      began: (head) => (status = head.status),
      ended(end) {
        clearTimeout(timer);
        resolve({ sentMs, endMs: performance.now(), status: end === 'answered' ? status : null });
        if (end === 'answered') connection.abandon('answered');
      },
    };
    connection.send(exchange);
  });
}
