// Area under the ROC curve of a stream, without keeping it: predictions are counted by class in bins of equal width.
// Pairs within a bin count half, as ties do; the true value differs by at most half of their share, which is reported.

const BINS = 4_096;

export interface Auc {
  readonly auc: number;
  /** The exact value lies within auc ± this. */
  readonly errorMax: number;
}

export class BinnedAuc {
  readonly #negatives: Uint32Array;
  readonly #positives: Uint32Array;

  constructor(from?: BinnedAuc) {
    this.#negatives = from ? Uint32Array.from(from.#negatives) : new Uint32Array(BINS);
    this.#positives = from ? Uint32Array.from(from.#positives) : new Uint32Array(BINS);
  }

  /** @param p predicted probability of the class, 0 … 1 */
  add(p: number, isPositive: boolean): void {
    const bin = Math.min(BINS - 1, Math.floor(p * BINS));
    if (isPositive) this.#positives[bin]!++;
    else this.#negatives[bin]!++;
  }

  /** 0.5 ± 0.5 as long as only one class was seen. */
  value(): Auc {
    let below = 0;
    let positives = 0;
    let won = 0;
    let tied = 0;
    for (let bin = 0; bin < BINS; bin++) {
      won += this.#positives[bin]! * below;
      tied += this.#positives[bin]! * this.#negatives[bin]!;
      below += this.#negatives[bin]!;
      positives += this.#positives[bin]!;
    }
    const pairs = positives * below;
    return pairs === 0 ? { auc: 0.5, errorMax: 0.5 } : { auc: (won + tied / 2) / pairs, errorMax: tied / 2 / pairs };
  }
}
