// What a plane may be told beside where requests go, with its defaults.
import { checkOptions, type OptionNames } from '../../../base/given.ts';
import { type DurationInput, durationMs } from '../../../base/duration.ts';
import { LastcallError } from '../../../base/errors.ts';

export interface PlaneOptions {
  /** Proxies in front of this one whose X-Forwarded-* are believed. Default 0: clients connect to it. */
  trustedHops?: number;
  /** Its name in Via. Default `lastcall`. */
  via?: string;
  /** Bytes of a request's head; more is answered 431. Default 16 KiB. */
  headBytesMax?: number;
  /** Until the head of a request is there; later ones are answered 408. Default 10 s. */
  headTime?: DurationInput;
  /** Silence of a client in the middle of its request. Default 60 s. */
  bodyIdle?: DurationInput;
  /** Silence of a client that does not take its answer. Default 5 min. */
  readerIdle?: DurationInput;
  /** An idle connection of a client is kept this long: longer than those before us keep theirs. Default 75 s. */
  keepAlive?: DurationInput;
  /** Connections of clients at most; more are closed at once. Default 16,384. */
  connectionsMax?: number;
}

export interface PlaneSettings {
  readonly trustedHops: number;
  readonly via: string;
  readonly headBytesMax: number;
  readonly headMsMax: number;
  readonly bodyIdleMsMax: number;
  readonly readerIdleMsMax: number;
  readonly keepAliveMs: number;
  readonly connectionsMax: number;
}

const OPTIONS: OptionNames<PlaneOptions> = {
  trustedHops: true,
  via: true,
  headBytesMax: true,
  headTime: true,
  bodyIdle: true,
  readerIdle: true,
  keepAlive: true,
  connectionsMax: true,
};

/** @throws LastcallError `usage` for an option that is not known or cannot be used */
export function resolvePlaneOptions(options: PlaneOptions): PlaneSettings {
  checkOptions('gateway', options, OPTIONS);
  const via = options.via ?? 'lastcall';
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(via)) {
    throw new LastcallError('usage', {
      what: `${JSON.stringify(via)} cannot stand in Via`,
      on: 'via',
      todo: 'Use a word such as edge-1.',
    });
  }
  return {
    via,
    trustedHops: whole(options.trustedHops ?? 0, 'trustedHops', 0, 32),
    headBytesMax: whole(options.headBytesMax ?? 16 * 1024, 'headBytesMax', 1_024, 1_048_576),
    headMsMax: durationMs(options.headTime ?? '10s', 'headTime'),
    bodyIdleMsMax: durationMs(options.bodyIdle ?? '60s', 'bodyIdle'),
    readerIdleMsMax: durationMs(options.readerIdle ?? '5m', 'readerIdle'),
    keepAliveMs: durationMs(options.keepAlive ?? '75s', 'keepAlive'),
    connectionsMax: whole(options.connectionsMax ?? 16_384, 'connectionsMax', 1, 1_000_000),
  };
}

function whole(value: number, field: string, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new LastcallError('usage', {
    what: `${value} is not a whole number from ${min} to ${max}`,
    on: field,
    todo: 'Write one in that range.',
  });
}
