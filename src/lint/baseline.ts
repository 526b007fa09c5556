// A baseline holds the findings that are known: only new ones count. It is written sorted, so that its changes are read in a
// review, and each entry counts as often as it is written.
import { LastcallError, messageOf } from '../base/errors.ts';
import type { Finding } from './finding.ts';
import { fingerprintOf } from './fingerprint.ts';

const SCHEMA = 'lastcall.lint-baseline/1';

interface Entry {
  readonly path: string;
  readonly rule: string;
  readonly what: string;
}

export function renderBaseline(findings: readonly Finding[]): string {
  const entries = findings.map(({ at, rule, what }): Entry => ({ path: at.source.path, rule, what }));
  const sorted = entries.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return `${JSON.stringify({ schema: SCHEMA, findings: sorted }, null, 2)}\n`;
}

/** @throws LastcallError `usage` if the text is no baseline */
export function readBaseline(text: string, path: string): Map<string, number> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(path, messageOf(error));
  }
  const { schema, findings } = (value ?? {}) as { schema?: unknown; findings?: unknown };
  if (schema !== SCHEMA || !Array.isArray(findings)) throw wrong(path, `it has no schema ${SCHEMA}`);
  const known = new Map<string, number>();
  for (const entry of findings as Partial<Entry>[]) {
    if (typeof entry?.path !== 'string' || typeof entry.rule !== 'string' || typeof entry.what !== 'string')
      throw wrong(path, 'an entry lacks path, rule or what');
    const key = keyOf(entry as Entry);
    known.set(key, (known.get(key) ?? 0) + 1);
  }
  return known;
}

/** Findings that the baseline does not have, and how many it has. */
export function withoutKnown(
  findings: readonly Finding[],
  baseline: ReadonlyMap<string, number>,
): { fresh: Finding[]; known: number } {
  const left = new Map(baseline);
  const fresh = findings.filter((finding) => {
    const key = fingerprintOf(finding);
    const count = left.get(key) ?? 0;
    if (count > 0) left.set(key, count - 1);
    return count === 0;
  });
  return { fresh, known: findings.length - fresh.length };
}

function keyOf({ path, rule, what }: Entry): string {
  return `${path}\n${rule}\n${what}`;
}

function wrong(path: string, why: string): LastcallError {
  return new LastcallError('usage', {
    what: `this is no baseline of lastcall lint: ${why}`,
    on: path,
    todo: 'Write one with --write-baseline FILE.',
  });
}
