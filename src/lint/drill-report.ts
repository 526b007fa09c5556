// The longest request that a drill saw, from its JSON (`lastcall.drill/1`). A drill knows latencies in percentiles; the
// largest of all runs is what an ending has to leave room for.
import { LastcallError, messageOf } from '../base/errors.ts';

/** Milliseconds, rounded up to a whole second. @throws LastcallError `usage` if the report holds none */
export function longestRequestOf(text: string, path: string): number {
  let report: unknown;
  try {
    // Several reports, one a line, are taken as well.
    report = text.trim().includes('\n{')
      ? text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown)
      : JSON.parse(text);
  } catch (error) {
    throw wrong(path, `it is no JSON (${messageOf(error)})`);
  }
  const longest = Math.max(0, ...latencies(report, 0));
  if (longest === 0) throw wrong(path, 'no latency stands in it');
  return Math.ceil(longest / 1_000) * 1_000;
}

const NAMES = /^(?:max|maxMs|longestMs|slowestMs|p100Ms|p999Ms|p99Ms|p99)$/;
const DEPTH_MAX = 6;

function latencies(value: unknown, depth: number): number[] {
  if (depth > DEPTH_MAX || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => latencies(item, depth + 1));
  return Object.entries(value).flatMap(([key, item]) => {
    if (key === 'latency' || key === 'measures') return own(item);
    return latencies(item, depth + 1);
  });
}

function own(value: unknown): number[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, number]) =>
    NAMES.test(key) && typeof number === 'number' && Number.isFinite(number) && number > 0 ? [number] : [],
  );
}

function wrong(path: string, why: string): LastcallError {
  return new LastcallError('usage', {
    what: `this is no report of a drill with requests: ${why}`,
    on: path,
    todo: 'Make one with `lastcall drill … --json > FILE`.',
  });
}
