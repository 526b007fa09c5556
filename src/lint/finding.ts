// What the linter says: a finding of a rule at a place, an edit that mends it, a question that only people can answer.
import type { Span } from './source/source.ts';

/** error: work is lost or the ending fails. warning: it will, under load or at the wrong moment. info: it could be better. */
export const SEVERITIES = ['error', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Replaces what stands in `span` by `text`; an empty span inserts. */
export interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** What a rule reports. */
export interface Found {
  readonly at: Span;
  /** What is wrong here, a sentence with the numbers. */
  readonly what: string;
  /** What to do, a sentence. */
  readonly todo: string;
  /** Only where it is safe: the meaning of everything else stays as it is. */
  readonly edits?: readonly Edit[];
  readonly related?: readonly { readonly at: Span; readonly what: string }[];
}

export interface Finding extends Found {
  readonly rule: string;
  readonly severity: Severity;
}

/** What cannot be known from the files, and how to tell it. */
export interface Question {
  readonly at: Span;
  readonly what: string;
}
