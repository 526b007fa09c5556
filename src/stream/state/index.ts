// Keyed state of a pipeline.
export { slidingCount, slidingMean } from './sliding.ts';
export type { EventTime, SlidingCount, SlidingMean, SlidingOptions } from './sliding.ts';
export type { KeyBy, StateKey } from './key.ts';
