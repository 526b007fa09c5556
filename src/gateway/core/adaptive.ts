// A limit of requests in flight that follows the latency of an instance, after the gradient of Netflix's
// concurrency-limits: while answers take at most twice as long as the best ones, the limit grows by its square root;
// when they take longer, it shrinks in proportion, to half at most. Smoothed, so that one slow answer changes little.
import type { Instance } from './types.ts';

const TOLERANCE = 2;
const SMOOTHING = 0.1;
/** The best latency is forgotten slowly: an instance that became slower for good must not be starved for ever. */
const FORGETTING = 1.001;

export function adaptLimit(instance: Instance, latencyMs: number, limitMax: number): void {
  const took = Math.max(latencyMs, 0.01);
  const { latencyMs: before, latencyBestMs: best } = instance;
  instance.latencyMs = before === 0 ? took : before + SMOOTHING * (took - before);
  instance.latencyBestMs = best === 0 ? took : Math.min(best * FORGETTING, took);
  const gradient = Math.max(0.5, Math.min(1, (TOLERANCE * instance.latencyBestMs) / instance.latencyMs));
  // Room that nobody uses proves nothing.
  const grown = instance.inFlight * 2 < instance.limit && gradient === 1 ? 0 : Math.sqrt(instance.limit);
  const wanted = instance.limit * gradient + grown;
  const next = instance.limit + SMOOTHING * (wanted - instance.limit);
  instance.limit = Math.max(1, Math.min(limitMax, next));
}
