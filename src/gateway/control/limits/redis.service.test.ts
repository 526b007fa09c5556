// Rate limits that are shared, with a real Redis.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useService } from '../../../../scripts/services/use.ts';
import { systemClock } from '../../../base/clock.ts';
import { until } from '../../../lifecycle/testing/until.ts';
import type { RateLimitRule } from '../../config/schema.ts';
import { RateLimits, type LimitVerdict } from './rate-limits.ts';
import { RedisBuckets } from './redis-buckets.ts';

const RULE: RateLimitRule = {
  replenishRate: 0.01,
  burstCapacity: 20,
  key: 'ip',
  store: 'redis',
  whenStoreFails: 'local',
};
const FACTS = { method: 'GET', host: '', path: '/', headers: {}, ip: '192.0.2.1' };

test('two gateways share a burst, exactly; and a Redis that is killed is what the rule says', async (t) => {
  const service = await useService('redis', t);
  if (!service) return;
  const redis = await service.start();
  const events: string[] = [];
  const connect = async () => {
    const buckets = await RedisBuckets.connect(`redis://${redis.address}`, (event) => events.push(event));
    t.after(() => buckets.close());
    return new RateLimits(
      systemClock,
      () => buckets,
      () => events.push('failed'),
    );
  };
  const [one, two] = [await connect(), await connect()];
  await until(() => events.filter((event) => event === 'redis_ready').length === 2, 'both connected');
  const asked = Array.from({ length: 60 }, async (_, index) =>
    (index % 2 === 0 ? one : two).take('route', RULE, FACTS),
  );
  const verdicts: LimitVerdict[] = await Promise.all(asked);
  assert.equal(verdicts.filter(({ allowed }) => allowed).length, 20);
  const refused = verdicts.find(({ allowed }) => !allowed)!;
  assert(refused.retryAfterMs > 90_000 && refused.retryAfterMs <= 100_000, `${refused.retryAfterMs}`);
  const other = await one.take('route', RULE, { ...FACTS, ip: '192.0.2.2' });
  assert.deepEqual([other.allowed, other.remaining], [true, 19]);

  await redis.stop();
  const local = await Promise.all(Array.from({ length: 30 }, async () => one.take('route', RULE, FACTS)));
  assert.equal(local.filter(({ allowed }) => allowed).length, 20, 'counted in memory, by a bucket of its own');
  const open = await one.take('route', { ...RULE, whenStoreFails: 'open' }, FACTS);
  const closed = await one.take('route', { ...RULE, whenStoreFails: 'closed' }, FACTS);
  assert.deepEqual([open.allowed, closed.allowed, closed.unavailable], [true, false, true]);
  assert(events.includes('failed'));
});
