// Fair share: whose turn it is. An owner's key is the GPU time that it has used, halved every half-life, plus what it holds
// now, divided by its weight. What it holds counts at once as if it were held for a minute already, so that one owner does
// not take everything in the moment in which all are equal.
import type { SchedulerState } from './state.ts';
import type { Owner, OwnerLimits, Run } from './types.ts';

const ADVANCE_MS = 60_000;

export function decayed(owner: Owner, atMs: number, halfLifeMs: number): number {
  return owner.usage * 2 ** (-Math.max(0, atMs - owner.atMs) / halfLifeMs);
}

/** Books GPU time of a run whose resources came back. */
export function charge(state: SchedulerState, run: Run, atMs: number): void {
  if (run.gpus === 0) return;
  const owner = state.owner(run.owner, atMs);
  owner.usage = decayed(owner, atMs, state.rules.halfLifeMs) + run.gpus * Math.max(0, atMs - run.reservedAtMs);
  owner.atMs = atMs;
  state.ownerChanged(owner);
}

export function limitsOf(state: SchedulerState, owner: string): OwnerLimits {
  return Object.hasOwn(state.rules.limits, owner) ? state.rules.limits[owner]! : state.rules.defaultLimits;
}

/** Keys of owners as they are now; `started` moves one on. */
export class Shares {
  readonly #state: SchedulerState;
  readonly #atMs: number;
  readonly #keys = new Map<string, number>();
  readonly #accrued = new Map<string, number>();

  constructor(state: SchedulerState, atMs: number) {
    this.#state = state;
    this.#atMs = atMs;
    for (const run of state.runs.values()) {
      if (run.treeProven) continue;
      const held = run.gpus * (atMs - run.reservedAtMs + ADVANCE_MS);
      this.#accrued.set(run.owner, (this.#accrued.get(run.owner) ?? 0) + held);
    }
  }

  key(owner: string): number {
    const known = this.#keys.get(owner);
    if (known !== undefined) return known;
    const record = this.#state.owners.get(owner);
    const used = record ? decayed(record, this.#atMs, this.#state.rules.halfLifeMs) : 0;
    const key = (used + (this.#accrued.get(owner) ?? 0)) / limitsOf(this.#state, owner).weight;
    this.#keys.set(owner, key);
    return key;
  }

  started(owner: string, gpus: number): void {
    this.#keys.set(owner, this.key(owner) + (gpus * ADVANCE_MS) / limitsOf(this.#state, owner).weight);
  }
}
