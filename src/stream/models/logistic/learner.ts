// The arithmetic of online logistic regression: AdaGrad (Duchi, Hazan, Singer 2011), one step per example, over a bias,
// numbers normalised by their running mean and variance (Welford), and hashed categories. Pure and deterministic: sums
// are made in the order of declaration, out of operations whose bits IEEE 754 fixes (+ − × ÷ and square root).
//
// Features get their places in the order in which they are first learnt, so that those in use lie side by side: a
// commit writes blocks that are full of what changed, and a model of 2^18 features that meets 700 is 20 KB, not 6 MB.
import { BlockArray } from '../../state/block-array.ts';
import type { Piece } from '../../ports.ts';
import { refusedPiece } from '../../state/bytes.ts';
import type { StoredPiece } from '../../state/pieces.ts';
import { sigmoid } from './sigmoid.ts';

// The layout of the parameters, all float64:
//   features in use · examples learnt · bias: weight, accumulator
//   per number: mean, sum of squared deviations, weight, accumulator
//   per feature in use: hashed index, weight, accumulator
const USED = 0;
const EXAMPLES = 1;
const BIAS = 2;
const FIRST_NUMBER = 4;
const PER_NUMBER = 4;
const PER_FEATURE = 3;

const EPSILON = 1e-8;
/** Standard deviations beyond which a number counts as this far, so that an outlier cannot throw the weights. */
const NORMALISED_MAX = 10;
/** Keeps the scale of a number that hardly varies finite, and its product with any allowed deviation. */
const SCALE_MAX = 1e150;

export interface LearnerOptions {
  readonly features: number;
  readonly categories: number;
  readonly numbers: number;
  readonly learningRate: number;
  readonly l2: number;
}

/** A category of the record at hand: its hashed index. */
interface HashedFeature {
  readonly index: number;
}

/** A number of the record at hand. */
interface NumericFeature {
  readonly value: number;
}

export class LogisticLearner {
  readonly #options: LearnerOptions;
  readonly #parameters: BlockArray;
  readonly #firstFeature: number;
  /** Hashed index → place of its parameters, 0 if it was never learnt. Derived. */
  readonly #placeOf: Int32Array;
  /** 1 / standard deviation of each number, 0 while that is unknown. Derived. */
  readonly #scales: Float64Array;
  readonly #normalised: Float64Array;
  readonly #places: Int32Array;

  constructor(options: LearnerOptions) {
    this.#options = options;
    this.#firstFeature = FIRST_NUMBER + PER_NUMBER * options.numbers;
    this.#parameters = new BlockArray('float64', this.#firstFeature);
    this.#placeOf = new Int32Array(options.features);
    this.#scales = new Float64Array(options.numbers);
    this.#normalised = new Float64Array(options.numbers);
    this.#places = new Int32Array(options.categories);
  }

  /** Examples learnt. */
  get examples(): number {
    return this.#parameters.values[EXAMPLES]!;
  }

  /** Distinct hashed features learnt. */
  get used(): number {
    return this.#parameters.values[USED]!;
  }

  /** @param categories as many as declared @param numbers as many as declared, finite, at most 1e100 in magnitude */
  predict(categories: readonly HashedFeature[], numbers: readonly NumericFeature[]): number {
    const { values } = this.#parameters;
    let z = values[BIAS]!;
    for (let at = 0; at < numbers.length; at++) {
      const base = FIRST_NUMBER + PER_NUMBER * at;
      const scaled = (numbers[at]!.value - values[base]!) * this.#scales[at]!;
      const normalised = scaled > NORMALISED_MAX ? NORMALISED_MAX : scaled < -NORMALISED_MAX ? -NORMALISED_MAX : scaled;
      this.#normalised[at] = normalised;
      z += values[base + 2]! * normalised;
    }
    for (let at = 0; at < categories.length; at++) {
      const place = this.#placeOf[categories[at]!.index]!;
      this.#places[at] = place;
      if (place !== 0) z += values[place + 1]!;
    }
    return sigmoid(z);
  }

  /** One step towards `y` (0 … 1); returns the prediction that it was made from, which saw nothing of this example. */
  learn(categories: readonly HashedFeature[], numbers: readonly NumericFeature[], y: number): number {
    const probability = this.predict(categories, numbers);
    const error = probability - y;
    const parameters = this.#parameters;
    const places = this.#places;
    for (let at = 0; at < places.length; at++) {
      if (places[at] === 0) places[at] = this.#placeFor(categories[at]!.index);
    }
    const { values } = parameters;
    const { learningRate, l2 } = this.#options;
    parameters.touch(EXAMPLES, 3);
    step(values, BIAS, error, learningRate);
    const examples = values[EXAMPLES]! + 1;
    values[EXAMPLES] = examples;
    for (let at = 0; at < numbers.length; at++) {
      const base = FIRST_NUMBER + PER_NUMBER * at;
      parameters.touch(base, PER_NUMBER);
      step(values, base + 2, error * this.#normalised[at]! + l2 * values[base + 2]!, learningRate);
      this.#scales[at] = observe(values, base, numbers[at]!.value, examples);
    }
    for (let at = 0; at < places.length; at++) {
      const weight = places[at]! + 1;
      parameters.touch(weight, 2);
      step(values, weight, error + l2 * values[weight]!, learningRate);
    }
    return probability;
  }

  /** Hashed indexes of features in use, at most `count`, spread evenly. */
  sampleIndexes(count: number): number[] {
    const stride = Math.max(1, Math.floor(this.used / count));
    const indexes: number[] = [];
    for (let at = 0; at < this.used && indexes.length < count; at += stride) {
      indexes.push(this.#parameters.values[this.#firstFeature + PER_FEATURE * at]!);
    }
    return indexes;
  }

  /** Mean of a number over what was learnt. */
  meanOf(number: number): number {
    return this.#parameters.values[FIRST_NUMBER + PER_NUMBER * number]!;
  }

  load(pieces: Iterable<StoredPiece>): void {
    this.#parameters.load(pieces);
    const { values } = this.#parameters;
    const { used } = this;
    const end = this.#firstFeature + PER_FEATURE * used;
    if (!isCount(used, values.length) || end > values.length || !values.subarray(0, end).every(Number.isFinite)) {
      throw refusedPiece('the parameters of the model');
    }
    for (let at = 0; at < used; at++) {
      const index = this.#hashedIndex(at);
      if (!isCount(index, this.#options.features - 1)) throw refusedPiece('the features of the model');
      this.#placeOf[index] = this.#firstFeature + PER_FEATURE * at;
    }
    this.#derive();
  }

  changes(): Piece[] {
    return this.#parameters.changes();
  }

  markCommitted(): void {
    this.#parameters.markCommitted();
  }

  pieces(): Iterable<StoredPiece> {
    return this.#parameters.pieces();
  }

  #placeFor(index: number): number {
    // Two categories of one record may share a hashed index; the first has made the place then.
    const known = this.#placeOf[index]!;
    if (known !== 0) return known;
    const used = this.used;
    const place = this.#firstFeature + PER_FEATURE * used;
    this.#parameters.grow(place + PER_FEATURE);
    this.#parameters.set(place, index);
    this.#parameters.set(USED, used + 1);
    this.#placeOf[index] = place;
    return place;
  }

  #hashedIndex(at: number): number {
    return this.#parameters.values[this.#firstFeature + PER_FEATURE * at]!;
  }

  #derive(): void {
    const { values } = this.#parameters;
    for (let at = 0; at < this.#scales.length; at++) {
      const squares = values[FIRST_NUMBER + PER_NUMBER * at + 1]!;
      this.#scales[at] = scaleOf(this.examples, squares);
    }
  }
}

type Values = Float64Array | Float32Array;

/** AdaGrad on the weight at `place`, whose accumulator is beside it. */
function step(values: Values, place: number, gradient: number, learningRate: number): void {
  const accumulated = values[place + 1]! + gradient * gradient;
  values[place + 1] = accumulated;
  values[place]! -= (learningRate * gradient) / (Math.sqrt(accumulated) + EPSILON);
}

/** Welford's update of the mean at `base` and the squared deviations beside it; returns the new scale. */
function observe(values: Values, base: number, value: number, examples: number): number {
  const deviation = value - values[base]!;
  const mean = values[base]! + deviation / examples;
  const squares = values[base + 1]! + deviation * (value - mean);
  values[base] = mean;
  values[base + 1] = squares;
  return scaleOf(examples, squares);
}

function isCount(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}

function scaleOf(examples: number, squares: number): number {
  return squares > 0 ? Math.min(Math.sqrt(examples / squares), SCALE_MAX) : 0;
}
