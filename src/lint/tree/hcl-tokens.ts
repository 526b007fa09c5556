// The words of HCL2 (https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md): names, numbers, quoted templates,
// heredocs, punctuation. Line feeds count, since they end attributes. No parser with positions is kept on npm for Node:
// what is there are builds of the Go one that give plain JSON.

export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'heredoc' | 'mark' | 'feed' | 'end';
  /** The text that is meant: of a string without its quotes, templates left as they are. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** @throws Error with a sentence, if a string, comment or heredoc does not end */
export function hclTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const next = skip(text, at);
    if (next > at) {
      at = next;
      continue;
    }
    const token = tokenAt(text, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length });
  return tokens;
}

/** Past blanks and comments; a line feed is a token of its own. */
function skip(text: string, at: number): number {
  const char = text[at]!;
  if (char === ' ' || char === '\t' || char === '\r') return at + 1;
  if (char === '#' || (char === '/' && text[at + 1] === '/')) {
    const end = text.indexOf('\n', at);
    return end === -1 ? text.length : end;
  }
  if (char === '/' && text[at + 1] === '*') {
    const end = text.indexOf('*/', at + 2);
    if (end === -1) throw new Error('a comment does not end');
    return end + 2;
  }
  return at;
}

const NAME = /[\p{L}_][\p{L}\p{N}_-]*/uy;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const HEREDOC = /<<(-?)([\p{L}_][\p{L}\p{N}_-]*)[ \t]*\r?\n/uy;

function tokenAt(text: string, at: number): Token {
  const char = text[at]!;
  if (char === '\n') return { kind: 'feed', text: '\n', start: at, end: at + 1 };
  if (char === '"') return stringAt(text, at);
  const heredoc = match(HEREDOC, text, at);
  if (heredoc) return heredocAt(text, at, heredoc);
  const name = match(NAME, text, at);
  if (name) return { kind: 'name', text: name[0], start: at, end: at + name[0].length };
  const number = match(NUMBER, text, at);
  if (number) return { kind: 'number', text: number[0], start: at, end: at + number[0].length };
  const mark = /^(?:=>|==|!=|<=|>=|&&|\|\||\.\.\.)/.exec(text.slice(at, at + 3))?.[0] ?? char;
  return { kind: 'mark', text: mark, start: at, end: at + mark.length };
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** A quoted template; `${ … }` inside may hold quotes of its own. */
function stringAt(text: string, start: number, nesting = 0): Token {
  if (nesting > NESTING_MAX) throw new Error('strings are nested too deeply');
  let value = '';
  let depth = 0;
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!;
    if (depth === 0 && char === '"') return { kind: 'string', text: value, start, end: at + 1 };
    if (depth === 0 && char === '\n') break;
    if (char === '\\' && at + 1 < text.length) {
      at += 1;
      value += ESCAPES[text[at]!] ?? text[at]!;
      continue;
    }
    if (depth > 0 && char === '"') {
      const inner = stringAt(text, at, nesting + 1);
      value += text.slice(at, inner.end);
      at = inner.end - 1;
      continue;
    }
    if ((char === '$' || char === '%') && text[at + 1] === '{') depth += 1;
    else if (depth > 0 && char === '}') depth -= 1;
    value += char;
  }
  throw new Error('a string does not end');
}

/** Templates in strings in templates. */
const NESTING_MAX = 50;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function heredocAt(text: string, start: number, head: RegExpExecArray): Token {
  const bodyStart = start + head[0].length;
  for (let at = bodyStart; at <= text.length;) {
    const feed = text.indexOf('\n', at);
    const lineEnd = feed === -1 ? text.length : feed;
    if (text.slice(at, lineEnd).trim() === head[2]) {
      return { kind: 'heredoc', text: text.slice(bodyStart, at), start, end: lineEnd };
    }
    if (feed === -1) break;
    at = feed + 1;
  }
  throw new Error(`the text that ${head[2]!.slice(0, 40)} should end does not end`);
}
