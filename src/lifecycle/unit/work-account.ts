// Accounting of accepted work for one unit. While nothing is ending it touches the ledger and a few shared numbers only,
// since servers do it twice per request; during an ending the core is asked, because it may wait for the work.
// Invariants 1 (accept says no once intake has begun) and 2 (every item is settled once).
import type { Effect } from '../core/events.ts';
import type { Phase } from '../core/types.ts';
import type { Settlement, WorkLedger } from '../core/work.ts';
import type { Work } from '../types.ts';
import type { SharedAccount } from '../watchdog/shared-account.ts';
import type { EventInput } from './executor.ts';

export interface WorkPorts {
  phase(): Phase;
  dispatch(event: EventInput): readonly Effect[];
}

export class WorkAccount implements Work {
  readonly #ledger: WorkLedger;
  readonly #shared: SharedAccount;
  readonly #ports: WorkPorts;

  constructor(ledger: WorkLedger, shared: SharedAccount, ports: WorkPorts) {
    this.#ledger = ledger;
    this.#shared = shared;
    this.#ports = ports;
  }

  get inFlight(): number {
    return this.#ledger.inFlight;
  }

  get counts(): Work['counts'] {
    return this.#ledger.counts;
  }

  accept(id: string): boolean {
    return this.#accept(id, 1);
  }
  acceptMany(count: number): boolean {
    return this.#accept(null, count);
  }
  finish(id: string): void {
    this.#settle(id, 1, 'finished');
  }
  finishMany(count: number): void {
    this.#settle(null, count, 'finished');
  }
  giveBack(id: string): void {
    this.#settle(id, 1, 'returned');
  }
  giveBackMany(count: number): void {
    this.#settle(null, count, 'returned');
  }
  lose(id: string): void {
    this.#settle(id, 1, 'lost');
  }
  loseMany(count: number): void {
    this.#settle(null, count, 'lost');
  }

  #accept(id: string | null, count: number): boolean {
    const phase = this.#ports.phase();
    if (phase === 'ready' || phase === 'starting') {
      this.#ledger.accept(id, count);
    } else {
      const effects = this.#ports.dispatch({ type: 'workAccepted', id, count });
      if (effects.some((effect) => effect.type === 'refuseWork')) return false;
    }
    this.#shared.mirror(this.#ledger);
    return true;
  }

  #settle(id: string | null, count: number, as: Settlement): void {
    const phase = this.#ports.phase();
    if (phase === 'ready' || phase === 'starting') this.#ledger.settle(id, count, as);
    else this.#ports.dispatch({ type: 'workSettled', id, count, as });
    this.#shared.mirror(this.#ledger);
  }
}
