// Token buckets in Redis, for several gateways that share a limit. A Redis that is slow or away costs a request a bounded
// time, and then its rule says what happens: let through, refused, or counted in memory.
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { LastcallError, messageOf } from '../../../base/errors.ts';
import type { RateLimitRule } from '../../config/schema.ts';
import type { LimitVerdict, SharedBuckets } from './rate-limits.ts';
import { TAKE_TOKEN } from './redis-script.ts';

const ANSWER_MS_MAX = 250;
const CONNECT_MS_MAX = 2_000;
const RETRY_MS_MAX = 2_000;

type TakeToken = (key: string, rate: number, burst: number) => Promise<[number, number, number]>;

export class RedisBuckets implements SharedBuckets {
  readonly #redis: Redis & { takeToken: TakeToken };

  private constructor(redis: Redis) {
    redis.defineCommand('takeToken', { numberOfKeys: 1, lua: TAKE_TOKEN });
    this.#redis = redis as Redis & { takeToken: TakeToken };
  }

  /**
   * Connects in the background, and again whenever the connection is lost.
   * @throws LastcallError `dependency` if ioredis is not installed
   */
  static async connect(
    url: string,
    log: (event: string, fields: Readonly<Record<string, unknown>>) => void,
  ): Promise<RedisBuckets> {
    const { Redis } = await import('ioredis').catch((error: unknown) => {
      throw new LastcallError('dependency', {
        what: 'ioredis is not installed',
        on: 'redis',
        todo: 'npm install ioredis',
        cause: error,
      });
    });
    const redis = new Redis(url, {
      commandTimeout: ANSWER_MS_MAX,
      connectTimeout: CONNECT_MS_MAX,
      // A command that finds no connection fails at once; its request does not wait for Redis to come back.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(RETRY_MS_MAX, 50 * 2 ** times),
    });
    let away = false;
    redis.on('error', (error) => {
      if (!away) log('redis_away', { error: messageOf(error) });
      away = true;
    });
    redis.on('ready', () => {
      away = false;
      log('redis_ready', {});
    });
    return new RedisBuckets(redis);
  }

  async take(key: string, { replenishRate, burstCapacity }: RateLimitRule): Promise<Omit<LimitVerdict, 'unavailable'>> {
    // Keys of clients are API keys too: they are not written out in Redis.
    const name = `lastcall:limit:${createHash('sha256').update(key).digest('base64url')}`;
    const [allowed, remaining, retryAfterMs] = await this.#redis.takeToken(name, replenishRate, burstCapacity);
    return { allowed: allowed === 1, remaining, retryAfterMs };
  }

  close(): void {
    this.#redis.disconnect();
  }
}
