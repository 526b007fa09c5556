// Comments that speak to the linter: `# lastcall: longest-request=30s` and `# lastcall: ignore RULE -- reason`. They are
// found by their text alone, in any format that has comments (`#`, `//`, `;`).
import { durationMs } from '../../base/duration.ts';
import type { Source, Span } from './source.ts';

export interface Ignore {
  readonly rules: readonly string[];
  readonly scope: 'line' | 'file';
  readonly line: number;
  readonly reason: string;
  readonly span: Span;
}

export interface Told {
  readonly ignores: readonly Ignore[];
  /** `handles-sigterm=yes|no`: what a program does that cannot be seen from here. */
  readonly handlesSigterm: boolean | undefined;
  readonly longestRequests: readonly { readonly offset: number; readonly ms: number }[];
  /** Comments that were meant for the linter and could not be read. */
  readonly wrong: readonly { readonly at: Span; readonly what: string; readonly todo: string }[];
}

const NOTHING: Told = { ignores: [], handlesSigterm: undefined, longestRequests: [], wrong: [] };
const COMMENT = /(?:#|\/\/|;)[ \t]*lastcall:[ \t]*([^\r\n]*)/g;

export function readComments(source: Source): Told {
  if (!source.text.includes('lastcall:')) return NOTHING;
  const ignores: Ignore[] = [];
  let handlesSigterm: boolean | undefined;
  const longestRequests: { offset: number; ms: number }[] = [];
  const wrong: { at: Span; what: string; todo: string }[] = [];
  for (const match of source.text.matchAll(COMMENT)) {
    const span = source.span(match.index, match.index + match[0].length);
    const text = match[1]!.trim();
    const handles = /^handles-sigterm\s*=\s*(yes|no)$/.exec(text);
    const request = /^longest-request\s*=\s*(\S+)$/.exec(text);
    const ignore = /^(ignore|ignore-file)\s+([\w-]+(?:\s*,\s*[\w-]+)*)\s*(?:--\s*(.*))?$/.exec(text);
    if (handles) handlesSigterm = handles[1] === 'yes';
    else if (request) {
      try {
        longestRequests.push({ offset: match.index, ms: durationMs(request[1]!, 'longest-request') });
      } catch {
        wrong.push({
          at: span,
          what: `\`${request[1]!}\` is not a duration`,
          todo: 'Write a number with its unit, such as 30s.',
        });
      }
    } else if (ignore) {
      const reason = ignore[3]?.trim() ?? '';
      const rules = ignore[2]!.split(',').map((rule) => rule.trim());
      if (reason === '') {
        wrong.push({
          at: span,
          what: 'this ignore gives no reason, so it counts for nothing',
          todo: `Write why: \`lastcall: ${ignore[1]!} ${ignore[2]!} -- REASON\`.`,
        });
      } else {
        const { line } = source.position(match.index);
        ignores.push({ rules, scope: ignore[1] === 'ignore-file' ? 'file' : 'line', line, reason, span });
      }
    } else if (/^(?:ignore|longest|handles)/.test(text)) {
      wrong.push({
        at: span,
        what: 'this comment cannot be read',
        todo: 'Write `lastcall: ignore RULE -- REASON`, `lastcall: ignore-file RULE -- REASON` `lastcall: longest-request=30s` or `lastcall: handles-sigterm=yes`.',
      });
    }
  }
  return { ignores, handlesSigterm, longestRequests, wrong };
}

/** Whether a finding in a line is ignored: by a comment in the line, or in the comment lines right above it. */
export function isIgnored(told: Told, source: Source, rule: string, line: number): Ignore | undefined {
  return told.ignores.find((ignore) => {
    if (!ignore.rules.includes(rule)) return false;
    if (ignore.scope === 'file' || ignore.line === line) return true;
    if (ignore.line > line) return false;
    for (let between = ignore.line; between < line; between++) {
      if (!/^\s*(?:#|\/\/|;|$)/.test(source.line(between))) return false;
    }
    return true;
  });
}
