// Small draws that the plans of a life are made of.
import type { Random } from '../../../base/random.ts';

export function chance(random: Random, probability: number): boolean {
  return random.next() < probability;
}

/** 0 … max, small values often and large ones sometimes. */
export function spread(random: Random, max: number): number {
  return Math.floor(max * random.next() ** 3);
}

export function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[random.below(values.length)]!;
}
