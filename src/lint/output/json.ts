// Findings as data. Lines and columns are counted from 1; `end` is where the marked text ends, exclusive.
import type { Finding, Question } from '../finding.ts';
import type { Span } from '../source/source.ts';
import type { Problem } from '../collect.ts';

export interface LintResult {
  readonly schema: 'lastcall.lint/1';
  readonly files: number;
  readonly findings: readonly object[];
  readonly questions: readonly object[];
  readonly problems: readonly object[];
  readonly ignored: number;
  readonly known: number;
  readonly ok: boolean;
}

export interface Summary {
  readonly files: number;
  readonly findings: readonly Finding[];
  readonly questions: readonly Question[];
  readonly problems: readonly Problem[];
  readonly ignored: number;
  /** Left out because the baseline has them. */
  readonly known: number;
  readonly ok: boolean;
}

export function toJson({ files, findings, questions, problems, ignored, known, ok }: Summary): LintResult {
  return {
    schema: 'lastcall.lint/1',
    files,
    findings: findings.map(({ rule, severity, at, what, todo, edits, related }) => ({
      rule,
      severity,
      ...region(at),
      what,
      todo,
      fixable: (edits?.length ?? 0) > 0,
      related: (related ?? []).map((it) => ({ ...region(it.at), what: it.what })),
    })),
    questions: questions.map(({ at, what }) => ({ ...region(at), what })),
    problems: problems.map(({ at, what }) => ({ ...region(at), what })),
    ignored,
    known,
    ok,
  };
}

function region({ source, start, end }: Span) {
  const from = source.position(start);
  const to = source.position(end);
  return { path: source.path, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}
