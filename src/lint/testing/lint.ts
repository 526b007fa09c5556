// Lints texts in a test, as the command lints files.
import { collect, judge, RULES, Source, type Finding, type Judgement, type Collected } from '../index.ts';
import type { Example, Rule } from '../rule.ts';

interface Linted extends Judgement {
  readonly collected: Collected;
  /** `rule@line`, in order. */
  readonly places: readonly string[];
}

export function lint(files: Example, options: { longestRequestMs?: number; rules?: readonly Rule[] } = {}): Linted {
  const sources = Object.entries(files).map(([path, text]) => new Source(path, text));
  const collected = collect(sources, { longestRequestMs: options.longestRequestMs, beside: (path) => files[path] });
  const judged = judge(collected, options.rules ?? RULES, 'info');
  return { ...judged, collected, places: judged.findings.map(placeOf) };
}

function placeOf({ at, rule }: Finding): string {
  return `${rule}@${at.source.position(at.start).line}`;
}
