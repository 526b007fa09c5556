// Whether a model in a file means the same as the one that it is to replace.
import { LastcallError } from '../../../base/errors.ts';
import type { LogisticSignature } from './options.ts';

/** @throws LastcallError `state_refused`, naming every field that differs */
export function checkSignature(found: unknown, expected: LogisticSignature, on: string): void {
  const there = (typeof found === 'object' && found !== null ? found : {}) as Record<string, unknown>;
  const differences = Object.entries(expected).flatMap(([field, value]) => {
    const here = JSON.stringify(value);
    const other = JSON.stringify(there[field]) ?? 'nothing';
    return here === other ? [] : [`${field} is ${other} in the file and ${here} in the pipeline`];
  });
  if (differences.length === 0) return;
  throw new LastcallError('state_refused', {
    what: `the model has another signature: ${differences.join('; ')}`,
    on,
    todo: 'Export a model that was declared with the same features, seed, categories and numbers, in the same order.',
  });
}
