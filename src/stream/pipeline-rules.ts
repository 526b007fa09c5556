// Options of a pipeline that are groups of their own, checked and with every default filled in.
import { durationMs } from '../base/duration.ts';
import { checkOptions } from '../base/given.ts';
import type { OptionNames } from '../base/given.ts';
import { CALL_DEFAULTS } from './calls/core.ts';
import type { CallPolicy } from './calls/core.ts';
import type { ArchiveOptions, ArchiveRules, CallOptions, CommitOptions, OnError, Pipeline } from './pipeline.ts';
import { integer, usage } from './refusals.ts';

const ON_ERROR: OptionNames<Exclude<OnError, 'stop'>> = { retries: true, then: true };
const ARCHIVE: OptionNames<ArchiveOptions> = { every: true, everyRecords: true, keep: true, keepFor: true };
const COMMIT: OptionNames<CommitOptions> = { records: true, every: true };
const CALL: OptionNames<CallOptions> = { timeout: true, retries: true, backoff: true };

/** Most retries of one record: each may cost a reload of the state. */
const RETRIES_MAX = 100;

export function onErrorRules(name: string, onError: OnError): Pipeline['onError'] {
  if (onError === 'stop') return { retries: 0, then: 'stop' };
  checkOptions(`${name}: onError`, onError, ON_ERROR);
  if (onError.then !== 'stop' && onError.then !== 'dead-letter') {
    throw usage(`${name}: onError.then`, `${JSON.stringify(onError.then)} is not known`, 'Give stop or dead-letter.');
  }
  return { retries: integer(`${name}: onError.retries`, onError.retries, 0, RETRIES_MAX), then: onError.then };
}

export function commitRules(name: string, options: CommitOptions): Pipeline['commit'] {
  checkOptions(`${name}: commit`, options, COMMIT);
  return {
    records: integer(`${name}: commit.records`, options.records ?? 20_000, 1, 1_000_000),
    everyMs: durationMs(options.every ?? 100, `${name}: commit.every`),
  };
}

export function archiveRules(name: string, options: ArchiveOptions): ArchiveRules {
  checkOptions(`${name}: archive`, options, ARCHIVE);
  const everyRecords = options.everyRecords ?? Number.POSITIVE_INFINITY;
  return {
    everyMs: durationMs(options.every ?? '10m', `${name}: archive.every`),
    everyRecords:
      everyRecords === Number.POSITIVE_INFINITY
        ? everyRecords
        : integer(`${name}: archive.everyRecords`, everyRecords, 1, Number.MAX_SAFE_INTEGER),
    keep: integer(`${name}: archive.keep`, options.keep ?? 3, 1, 1_000),
    keepForMs: durationMs(options.keepFor ?? '7d', `${name}: archive.keepFor`),
  };
}

export function callPolicy(name: string, call: string, options: CallOptions): CallPolicy {
  const on = `${name}: calls.${call}`;
  checkOptions(on, options, CALL);
  const { timeout, retries, backoff } = options;
  return {
    ...CALL_DEFAULTS,
    timeoutMs: durationMs(timeout ?? CALL_DEFAULTS.timeoutMs, `${on}.timeout`),
    retries: integer(`${on}.retries`, retries ?? CALL_DEFAULTS.retries, 0, RETRIES_MAX),
    backoffMs: durationMs(backoff ?? CALL_DEFAULTS.backoffMs, `${on}.backoff`),
  };
}
