// Keyed state of a pipeline.
export { counter, keyedValue } from './keyed-value.ts';
export type { Codec, Counter, KeyedValue, KeyedValueOptions } from './keyed-value.ts';
export { numbers } from './numbers.ts';
export type { Numbers, NumbersOptions } from './numbers.ts';
export { slidingCount, slidingMean } from './sliding.ts';
export type { EventTime, SlidingCount, SlidingMean, SlidingOptions } from './sliding.ts';
export type { KeyBy, StateKey } from './key.ts';
