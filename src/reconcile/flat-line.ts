// The fields of a flat JSON object of which only some are wanted, without making the rest: most task lines are one level of
// names and plain values. Whatever is not of that form (escapes, nesting, odd spacing) is left to JSON.parse, so that what is
// taken here is always what JSON.parse would have given.

export type FlatValue = string | boolean | null | number;

const QUOTE = 0x22;
const COMMA = 0x2c;
const CLOSE = 0x7d;

/** JSON has none of these within texts. The line's own end is no matter. */
const CONTROL = /[\u0000-\u001f](?!$|\n$)/;

/**
 * @param slots index by name; other names are passed over
 * @param into gets the wanted values at their indexes; must be all undefined before
 * @returns false: not of the simple form, and `into` is of no use
 */
export function readFlat(text: string, slots: ReadonlyMap<string, number>, into: (FlatValue | undefined)[]): boolean {
  // A backslash anywhere may be an escape, within a name as well.
  if (text.charCodeAt(0) !== 0x7b || text.includes('\\') || CONTROL.test(text)) return false;
  let at = 1;
  if (text.charCodeAt(at) === CLOSE) return isEnd(text, at + 1);
  for (;;) {
    if (text.charCodeAt(at) !== QUOTE) return false;
    const nameEnd = text.indexOf('"', at + 1);
    if (nameEnd < 0 || text.charCodeAt(nameEnd + 1) !== 0x3a) return false;
    const slot = slots.get(text.slice(at + 1, nameEnd));
    at = nameEnd + 2;
    if (text.charCodeAt(at) === 0x20) at++;
    let end: number;
    if (text.charCodeAt(at) === QUOTE) {
      end = text.indexOf('"', at + 1);
      if (end < 0) return false;
      const value = text.slice(at + 1, end);
      if (slot !== undefined) into[slot] = value;
      end++;
    } else {
      end = wordEnd(text, at);
      const value = wordOf(text.slice(at, end));
      if (value === undefined) return false;
      if (slot !== undefined) into[slot] = value;
    }
    const next = text.charCodeAt(end);
    if (next === CLOSE) return isEnd(text, end + 1);
    if (next !== COMMA) return false;
    at = end + 1;
    if (text.charCodeAt(at) === 0x20) at++;
  }
}

function wordEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === CLOSE) break;
  }
  return at;
}

function wordOf(word: string): FlatValue | undefined {
  if (word === 'true') return true;
  if (word === 'false') return false;
  if (word === 'null') return null;
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(word) ? Number(word) : undefined;
}

function isEnd(text: string, at: number): boolean {
  for (let index = at; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code !== 0x0a && code !== 0x0d && code !== 0x20) return false;
  }
  return true;
}
