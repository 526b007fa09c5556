// A pipeline with as much state as asked for: weights, all of which its only record sets.
import { fromIterable, numbers, pipeline, type Pipeline } from '../../../src/stream/index.ts';

export function largeState(bytes: number): Pipeline {
  return pipeline('large', {
    source: fromIterable('one', [{ seed: 1 }]),
    state: { weights: numbers({ length: bytes / 8 }) },
    archive: 'never',
    process: ({ seed }: { readonly seed: number }, { state: { weights } }) => {
      for (let index = 0; index < weights.length; index++) weights.set(index, seed + index);
    },
  });
}
