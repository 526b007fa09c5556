// How well the predictions do, in the order in which they were made (prequential: each was made before its record was
// learnt), beside a baseline that knows only the share of late flights so far. Marks let it be taken back to an earlier
// record, since a fallback to an archive takes outputs back.
import { BinnedAuc } from './auc.ts';

/** A point of the loss curve: means over the records since the point before. */
export interface CurvePoint {
  readonly records: number;
  readonly model: number;
  readonly baseline: number;
}

export interface Score {
  readonly records: number;
  readonly logLoss: number;
  readonly baselineLogLoss: number;
  readonly auc: number;
  readonly aucErrorMax: number;
}

interface Mark {
  readonly records: number;
  readonly positives: number;
  readonly modelLoss: number;
  readonly baselineLoss: number;
  readonly auc: BinnedAuc;
}

/** Keeps a single certain and wrong prediction from making the loss infinite. */
const P_MIN = 1e-15;
const START: Mark = { records: 0, positives: 0, modelLoss: 0, baselineLoss: 0, auc: new BinnedAuc() };

export class Scoreboard {
  readonly #markEvery: number;
  readonly #marks: Mark[] = [START];
  #auc = new BinnedAuc();
  #records = 0;
  #positives = 0;
  #modelLoss = 0;
  #baselineLoss = 0;

  /** @param markEvery records between the points of the curve, which are the places that `rewind` can go back to */
  constructor(markEvery: number) {
    this.#markEvery = markEvery;
  }

  get records(): number {
    return this.#records;
  }

  /** @param p predicted probability, made before the outcome was seen */
  add(p: number, isPositive: boolean): void {
    // The baseline predicts before it counts this record too; add-one keeps its first predictions off 0 and 1.
    const base = (this.#positives + 1) / (this.#records + 2);
    this.#modelLoss -= Math.log(Math.max(P_MIN, isPositive ? p : 1 - p));
    this.#baselineLoss -= Math.log(isPositive ? base : 1 - base);
    this.#auc.add(p, isPositive);
    this.#records++;
    if (isPositive) this.#positives++;
    if (this.#records % this.#markEvery === 0) this.#marks.push(this.#mark());
  }

  /** Goes back to the last mark at or before `records`; what follows has to be added again. Returns that place. */
  rewind(records: number): number {
    while (this.#marks.at(-1)!.records > records) this.#marks.pop();
    const mark = this.#marks.at(-1)!;
    this.#auc = new BinnedAuc(mark.auc);
    this.#records = mark.records;
    this.#positives = mark.positives;
    this.#modelLoss = mark.modelLoss;
    this.#baselineLoss = mark.baselineLoss;
    return mark.records;
  }

  score(): Score {
    const { auc, errorMax } = this.#auc.value();
    const records = Math.max(1, this.#records);
    return {
      records: this.#records,
      logLoss: this.#modelLoss / records,
      baselineLogLoss: this.#baselineLoss / records,
      auc,
      aucErrorMax: errorMax,
    };
  }

  curve(): CurvePoint[] {
    const last = this.#marks.at(-1)!;
    const marks = last.records === this.#records ? this.#marks : [...this.#marks, this.#mark()];
    return marks.slice(1).map((mark, index) => {
      const before = marks[index]!;
      const records = mark.records - before.records;
      return {
        records: mark.records,
        model: (mark.modelLoss - before.modelLoss) / records,
        baseline: (mark.baselineLoss - before.baselineLoss) / records,
      };
    });
  }

  #mark(): Mark {
    return {
      records: this.#records,
      positives: this.#positives,
      modelLoss: this.#modelLoss,
      baselineLoss: this.#baselineLoss,
      auc: new BinnedAuc(this.#auc),
    };
  }
}
