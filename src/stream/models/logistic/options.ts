// What an online logistic regression is made of, checked once, and what of it other states and files must agree with.
import { LastcallError } from '../../../base/errors.ts';
import { checkOptions, type OptionNames } from '../../../base/given.ts';

export interface OnlineLogisticOptions<Categories extends string, Numbers extends string> {
  /** Places for hashed features, 16 … 2^24: two values share one by chance, seldom while few of them are in use. */
  readonly features: number;
  /** Seed of the hashing, an integer. Learning itself is not random. */
  readonly seed: number;
  /** Names of categorical features: each value gets a weight of its own. */
  readonly categories?: readonly Categories[];
  /** Names of numeric features: normalised by the mean and deviation of what was learnt before. */
  readonly numbers?: readonly Numbers[];
  /** AdaGrad's step, above 0 up to 10. Default 0.1. May be changed between runs. */
  readonly learningRate?: number;
  /** Pull of weights towards zero whenever they are touched, 0 … 1. Default 0. May be changed between runs. */
  readonly l2?: number;
}

/** Every option resolved. */
export interface LogisticRules {
  readonly features: number;
  readonly seed: number;
  readonly categories: readonly string[];
  readonly numbers: readonly string[];
  readonly learningRate: number;
  readonly l2: number;
}

/** What gives stored numbers their meaning: a state or a file of another one is refused. */
export interface LogisticSignature {
  readonly kind: 'online-logistic';
  readonly format: 1;
  readonly features: number;
  readonly seed: number;
  readonly categories: readonly string[];
  readonly numbers: readonly string[];
  readonly output: 'probability';
}

const OPTIONS: OptionNames<OnlineLogisticOptions<never, never>> = {
  features: true,
  seed: true,
  categories: true,
  numbers: true,
  learningRate: true,
  l2: true,
};

/** @throws LastcallError `usage`, naming the option */
export function resolveLogistic(options: OnlineLogisticOptions<string, string>): LogisticRules {
  checkOptions('onlineLogistic', options, OPTIONS);
  const rules = { categories: [], numbers: [], learningRate: 0.1, l2: 0, ...options };
  const { features, seed, learningRate, l2 } = rules;
  require(Number.isInteger(features) &&
    features >= 16 &&
    features <= 2 ** 24, 'features', 'an integer from 16 to 2^24');
  require(Number.isSafeInteger(seed), 'seed', 'an integer');
  require(learningRate > 0 && learningRate <= 10, 'learningRate', 'a number above 0, up to 10');
  require(l2 >= 0 && l2 <= 1, 'l2', 'a number from 0 to 1');
  const names = [...rules.categories, ...rules.numbers];
  require(names.length <= 1_000, 'categories and numbers', 'at most 1,000 names');
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  require(twice === undefined, `feature ${twice}`, 'declared once');
  return rules;
}

export function logisticSignature(rules: LogisticRules): LogisticSignature {
  const { features, seed, categories, numbers } = rules;
  return { kind: 'online-logistic', format: 1, features, seed, categories, numbers, output: 'probability' };
}

function require(holds: boolean, option: string, must: string): void {
  if (holds) return;
  throw new LastcallError('usage', {
    what: `it must be ${must}`,
    on: `onlineLogistic.${option}`,
    todo: 'Correct the option of the model.',
  });
}
