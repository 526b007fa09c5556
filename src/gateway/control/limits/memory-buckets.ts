// Token buckets in memory, with a bound on how many are remembered: the one that was used longest ago goes first, and by
// then it is mostly full again.
import type { Clock } from '../../../base/clock.ts';
import { takeToken, type Bucket, type BucketRule, type Taken } from '../../core/bucket.ts';

const BUCKETS_MAX = 100_000;

export class MemoryBuckets {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(key: string, rule: BucketRule): Taken {
    const atMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(key) ?? { tokens: rule.burstCapacity, atMs };
    // In the order of their last use.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > BUCKETS_MAX) this.#buckets.delete(this.#buckets.keys().next().value!);
    return takeToken(bucket, rule, atMs);
  }
}
