// Edits that leave the meaning of everything else as it is, or none.
import type { Edit } from '../finding.ts';
import type { Span } from '../source/source.ts';
import type { Tree } from '../tree/tree.ts';

/**
 * A setting more in a map, on a line of its own before the first one that stands there. Where settings share lines, or come
 * from an anchor, nothing is inserted. `{ edits }` to spread into a finding, or nothing.
 */
export function insertion(tree: Tree, line: string): { edits?: readonly Edit[] } {
  const { start, end, source } = tree.span;
  const own = tree
    .entries()
    .filter(({ keySpan }) => keySpan.source === source && keySpan.start >= start && keySpan.end <= end);
  const first = own.sort((a, b) => a.keySpan.start - b.keySpan.start)[0];
  if (!first) return {};
  const at = first.keySpan.start;
  const indent = source.text.slice(source.lineStart(source.position(at).line), at);
  return indent.trim() === '' ? { edits: [{ span: source.span(at, at), text: `${line}\n${indent}` }] } : {};
}

/** Another value in place of one that stands there by itself, in the same quotes; nothing where it is part of a text. */
export function replacement(span: Span, old: string, text: string): { edits?: readonly Edit[] } {
  const written = span.source.text.slice(span.start, span.end);
  const quote = /^(["'])[^]*\1$/.exec(written)?.[1] ?? '';
  return written === `${quote}${old}${quote}` ? { edits: [{ span, text: `${quote}${text}${quote}` }] } : {};
}
