// How the fields of a pipeline are refused: which field, what is wrong with it, what to give instead.
import { LastcallError } from '../base/errors.ts';

/** @throws LastcallError `usage` unless `value` is an integer from `least` to `most` */
export function integer(on: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw usage(on, `${value} is not an integer from ${least} to ${most}`, 'Give a number within these bounds.');
}

export function usage(on: string, what: string, todo: string): LastcallError {
  return new LastcallError('usage', { on, what, todo });
}
