// Work accounting from ids: what the target says it did (its ledger, its log), held against what was answered.
import { readFileSync } from 'node:fs';
import type { RequestRecord } from '../load/types.ts';

/** What may be an id in a line of a ledger: text, JSON, or columns. */
export function wordsIn(line: string): string[] {
  return line.split(/[\s"',:;{}[\]]+/);
}

export interface LedgerAccount {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
}

/**
 * @param lines of the ledger; a line counts for every id in it
 * @param mark begins the ids of the load
 * @param expectedIds other ids that have to be there
 */
export function account(
  lines: readonly string[],
  requests: readonly RequestRecord[],
  mark: string,
  expectedIds: readonly string[],
): LedgerAccount {
  const done = new Map<string, number>();
  const ours = new RegExp(`${mark}-\\d+`, 'g');
  const expected = new Set(expectedIds);
  for (const line of lines) {
    const words = expected.size === 0 ? [] : wordsIn(line).filter((word) => expected.has(word));
    for (const id of new Set([...(line.match(ours) ?? []), ...words])) done.set(id, (done.get(id) ?? 0) + 1);
  }
  const answered = requests.filter((it) => it.end === 'answered' && !it.longLived && (it.status ?? 500) < 300);
  const owed = [...answered.map((it) => it.id), ...expected];
  return {
    lost: owed.filter((id) => !done.has(id)),
    // A request that was sent again because its connection was closed under it may have been done before.
    doubled: [...done].filter(([id, times]) => times > 1 + retriesOf(requests, id)).map(([id]) => id),
  };
}

function retriesOf(requests: readonly RequestRecord[], id: string): number {
  return requests[Number(id.slice(id.lastIndexOf('-') + 1))]?.retries ?? 0;
}

/** @throws what the file system says, but for a file that is not there: nothing was done */
export function readLedger(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Of the first half of what was answered, this share has to be in the log before anything is said about the rest. */
const LOGS_EVERY_ONE = 0.98;
const LOGGED_MIN = 20;

/** How many answered requests are missing in the log of a target that logs every one; null if it does not do that. */
export function missingInLog(
  output: readonly string[],
  requests: readonly RequestRecord[],
  mark: string,
): number | null {
  const ids = new RegExp(`${mark}-\\d+`, 'g');
  const logged = new Set(output.flatMap((line) => line.match(ids) ?? []));
  const answered = requests
    .filter((it) => it.end === 'answered' && !it.longLived && (it.status ?? 500) < 400)
    .toSorted((a, b) => a.endMs! - b.endMs!);
  const early = answered.slice(0, Math.ceil(answered.length / 2));
  const loggedEarly = early.filter((it) => logged.has(it.id)).length;
  if (loggedEarly < LOGGED_MIN || loggedEarly < early.length * LOGS_EVERY_ONE) return null;
  return answered.filter((it) => !logged.has(it.id)).length;
}
