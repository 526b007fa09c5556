// The golden batch of an online logistic regression: inputs that exercise its bias, numbers and features in use, and what
// it predicts for them. Where the same numbers, loaded from a file, predict something else by even one bit, something is
// wrong with the file, with the hashing or with the machine, and the model is refused.
import { LastcallError } from '../../../base/errors.ts';
import { CategoryFeature } from './category.ts';
import type { LogisticLearner } from './learner.ts';
import type { LogisticRules } from './options.ts';

export interface Golden {
  /** Records learnt when it was made: it holds for the model of that moment. */
  readonly examples: number;
  readonly rows: readonly GoldenRow[];
  /** By category, the hashed index of the text `lastcall`. */
  readonly hashing: readonly number[];
}

interface GoldenRow {
  /** Hashed index by category. */
  readonly indexes: readonly number[];
  readonly numbers: readonly number[];
  readonly probability: number;
}

const ROWS = 16;
const PROBE = 'lastcall';

export function makeGolden(learner: LogisticLearner, rules: LogisticRules): Golden {
  const known = learner.sampleIndexes(ROWS);
  const rows = Array.from({ length: ROWS }, (_, row) => {
    // Every other category is one that was never learnt.
    const indexes = rules.categories.map((_name, at) => {
      const index = known[(row + at) % Math.max(1, known.length)];
      return (row + at) % 4 === 3 || index === undefined ? (row * 7919 + at) % rules.features : index;
    });
    const numbers = rules.numbers.map((_name, at) => learner.meanOf(at) + (row - ROWS / 2) * 0.5);
    return { indexes, numbers, probability: predict(learner, indexes, numbers) };
  });
  return { examples: learner.examples, rows, hashing: hashing(rules) };
}

/** @throws LastcallError `state_refused` for a value that `makeGolden` did not make */
export function readGolden(value: unknown, on: string): Golden {
  const { examples, rows, hashing: places } = (value ?? {}) as Partial<Golden>;
  const isRow = ({ indexes, numbers, probability }: Partial<GoldenRow>): boolean =>
    Array.isArray(indexes) && Array.isArray(numbers) && typeof probability === 'number';
  if (typeof examples === 'number' && Array.isArray(places) && Array.isArray(rows) && rows.every(isRow)) {
    return value as Golden;
  }
  throw mismatch(on, 'the file has none');
}

/** @throws LastcallError `state_refused`, naming the row that differs */
export function checkGolden(golden: Golden, learner: LogisticLearner, rules: LogisticRules, on: string): void {
  hashing(rules).forEach((index, at) => {
    if (index === golden.hashing[at]) return;
    throw mismatch(on, `category ${rules.categories[at]} is hashed to other places`);
  });
  golden.rows.forEach(({ indexes, numbers, probability }, row) => {
    const now = predict(learner, indexes, numbers);
    if (now === probability) return;
    throw mismatch(on, `golden row ${row} predicts ${now}, and predicted ${probability} when it was exported`);
  });
}

/** @throws LastcallError `state_refused` if a prediction is not between 0 and 1 */
export function checkFinite(learner: LogisticLearner, rules: LogisticRules, on: string): void {
  for (const { probability } of makeGolden(learner, rules).rows) {
    if (!(probability > 0 && probability < 1)) throw mismatch(on, `it predicts ${probability}`);
  }
}

function predict(learner: LogisticLearner, indexes: readonly number[], numbers: readonly number[]): number {
  return learner.predict(
    indexes.map((index) => ({ index })),
    numbers.map((value) => ({ value })),
  );
}

function hashing({ categories, features, seed }: LogisticRules): number[] {
  return categories.map((name) => {
    const feature = new CategoryFeature(name, features, seed);
    feature.assign(PROBE);
    return feature.index;
  });
}

function mismatch(on: string, what: string): LastcallError {
  return new LastcallError('state_refused', {
    what: `the model fails its golden batch: ${what}`,
    on,
    todo: 'Export it again with this version of Lastcall, and compare what it learnt from.',
  });
}
