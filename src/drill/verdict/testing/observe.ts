// Observations written by hand, for tests of the verdict: a good ending, changed where a test wants it to be. The signal is
// at 1,000 ms.
import { newRecord, type ClientKind, type RequestRecord } from '../../load/types.ts';
import type { Probe } from '../../watch/probe.ts';
import type { Expectations, Observation } from '../core/observation.ts';

export const SIGNAL_MS = 1_000;

export const EXPECTED: Expectations = { exitCodes: null, noticeMs: 200, lingerMs: 5_000, deadlineMs: 30_000 };

let next = 0;

/** Sent at `sentMs`, answered 100 ms later, unless `changes` say otherwise. */
export function request(sentMs: number, changes: Partial<RequestRecord> & { client?: ClientKind } = {}): RequestRecord {
  const record = newRecord(`drill-${next++}`, changes.client ?? 'new', sentMs);
  const answered = {
    sentMs,
    resentMs: sentMs,
    firstByteMs: sentMs + 90,
    endMs: sentMs + 100,
    end: 'answered' as const,
    status: 200,
  };
  return Object.assign(record, answered, changes);
}

export function probe(sentMs: number, status: number | null): Probe {
  return { sentMs, endMs: sentMs + 2, status };
}

/** Every 25 ms up to `toMs`: 200 until `turnsMs`, 503 from then on. */
export function probes(turnsMs: number, toMs: number): Probe[] {
  const times = Array.from({ length: Math.floor(toMs / 25) }, (_, index) => index * 25);
  return times.map((atMs) => probe(atMs, atMs < turnsMs ? 200 : 503));
}

/** Twenty requests before the signal, two in flight at it, readiness turns at once, exit 0 half a second later. */
export function goodEnding(changes: Partial<Observation> = {}): Observation {
  const before = Array.from({ length: 20 }, (_, index) => request(index * 40));
  return {
    seed: 1,
    when: 'load',
    signal: 'SIGTERM',
    signalMs: SIGNAL_MS,
    secondSignal: null,
    end: { atMs: 1_500, code: 0, signal: null },
    knowsExit: true,
    behindRouter: false,
    passedDeadline: false,
    wasReady: true,
    requests: [...before, request(950), request(960), request(1_100)],
    rate: 25,
    unsent: 0,
    readiness: probes(1_010, 1_500),
    liveness: null,
    processesLeft: [],
    portsLeft: [],
    filesLeft: [],
    gpuLeft: null,
    logLost: null,
    ledger: null,
    job: null,
    restarted: null,
    stallMs: 3,
    lastWords: '',
    ...changes,
  };
}

/** The good ending with more requests. */
export function withRequests(...more: readonly RequestRecord[]): Observation {
  const good = goodEnding();
  return { ...good, requests: [...good.requests, ...more] };
}
