// Keyed state of a pipeline.
export { counter } from './counter.ts';
export type { Counter } from './counter.ts';
export { keyedValue } from './keyed-value.ts';
export type { Codec, KeyedValue, KeyedValueOptions } from './keyed-value.ts';
export { numbers } from './numbers.ts';
export type { Numbers, NumbersOptions } from './numbers.ts';
export { slidingCount, slidingMean } from './sliding.ts';
export type { EventTime, SlidingCount, SlidingMean, SlidingOptions } from './sliding.ts';
export type { KeyBy, StateKey } from './key.ts';
