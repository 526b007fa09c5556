// Edits of findings → new texts, and the difference for people. Edits that touch each other's text are left for the next
// run: applying half of one would be worse than none.
import type { Edit, Finding } from './finding.ts';
import type { Source } from './source/source.ts';

export interface Fixed {
  readonly source: Source;
  readonly text: string;
  /** Findings whose edits were applied. */
  readonly count: number;
}

export function fixAll(findings: readonly Finding[]): Fixed[] {
  const bySource = new Map<Source, { edits: Edit[]; count: number }>();
  for (const { edits } of findings) {
    if (!edits || edits.length === 0) continue;
    const { source } = edits[0]!.span;
    if (!source.isFaithful) continue;
    const own = bySource.get(source) ?? { edits: [], count: 0 };
    // A fix is whole or not at all, and within one file.
    if (edits.some(({ span }) => span.source !== source || own.edits.some((other) => touch(other, span)))) continue;
    own.edits.push(...edits);
    own.count += 1;
    bySource.set(source, own);
  }
  return [...bySource].map(([source, { edits, count }]) => ({ source, text: apply(source.text, edits), count }));
}

function touch({ span }: Edit, { start, end }: Edit['span']): boolean {
  return span.start <= end && start <= span.end;
}

function apply(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const { span, text: replacement } of edits.toSorted((a, b) => b.span.start - a.span.start)) {
    result = result.slice(0, span.start) + replacement + result.slice(span.end);
  }
  return result;
}

/** A unified difference with three lines around each change. */
export function diffOf({ source, text }: Fixed): string {
  const before = source.text.split('\n');
  const after = text.split('\n');
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end))
    end += 1;
  const from = Math.max(0, start - CONTEXT);
  const oldEnd = Math.min(before.length, before.length - end + CONTEXT);
  const newEnd = Math.min(after.length, after.length - end + CONTEXT);
  const lines = [
    ...before.slice(from, start).map((line) => ` ${line}`),
    ...body(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end, oldEnd).map((line) => ` ${line}`),
  ];
  return [
    `--- a/${source.path}`,
    `+++ b/${source.path}`,
    `@@ -${from + 1},${oldEnd - from} +${from + 1},${newEnd - from} @@`,
    ...lines,
  ].join('\n');
}

const CONTEXT = 3;

/** Lines that both have in the same order stay; fixes change few, so a greedy walk finds them. */
function body(before: readonly string[], after: readonly string[]): string[] {
  const lines: string[] = [];
  let at = 0;
  for (const line of before) {
    const found = after.indexOf(line, at);
    if (found === -1) {
      lines.push(`-${line}`);
      continue;
    }
    for (; at < found; at++) lines.push(`+${after[at]!}`);
    lines.push(` ${line}`);
    at += 1;
  }
  for (; at < after.length; at++) lines.push(`+${after[at]!}`);
  return lines;
}
