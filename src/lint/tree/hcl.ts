// HCL2 → positioned trees. A block `task "web" { … }` is an item of the list `task`, with its labels under `$labels`.
// Expressions that are no plain value (references, calls, conditions) are scalars that count as filled in later.
import type { Source } from '../source/source.ts';
import { hclTokens, type Token } from './hcl-tokens.ts';
import { type Entry, Tree } from './tree.ts';

/** The key under which a block's labels stand; no HCL name begins with a dollar sign. */
export const LABELS = '$labels';
const DEPTH_MAX = 100;

/** @throws Error with a sentence that says what is wrong and in which line */
export function readHcl(source: Source): Tree {
  const parser = new Parser(source, hclTokens(source.text));
  return parser.body('end', 0, 0, []);
}

class Parser {
  readonly #source: Source;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(source: Source, tokens: readonly Token[]) {
    this.#source = source;
    this.#tokens = tokens;
  }

  /** Attributes and blocks up to a closing brace, or the end of the file. */
  body(until: '}' | 'end', start: number, depth: number, labels: readonly Token[]): Tree {
    if (depth > DEPTH_MAX) throw this.#wrong('blocks are nested too deeply');
    const attributes: Entry[] = [];
    const blocks = new Map<string, { at: Token; items: Tree[] }>();
    for (;;) {
      this.#skipFeeds();
      const token = this.#take();
      if (token.kind === 'end' ? until === 'end' : token.kind === 'mark' && token.text === '}' && until === '}') {
        return this.#bodyTree(start, token.end, attributes, blocks, labels);
      }
      if (token.kind !== 'name' && token.kind !== 'string')
        throw this.#wrong(`${describe(token)} is unexpected`, token);
      if (this.#isMark('=')) {
        this.#take();
        const value = this.#expression(depth + 1);
        attributes.push(this.#entry(token, value));
        continue;
      }
      const blockLabels: Token[] = [];
      while (['string', 'name'].includes(this.#peek().kind)) blockLabels.push(this.#take());
      if (!this.#isMark('{')) throw this.#wrong(`${describe(this.#peek())} is unexpected`);
      const open = this.#take();
      const block = this.body('}', token.start, depth + 1, blockLabels);
      void open;
      const known = blocks.get(token.text);
      if (known) known.items.push(block.keyedAt(this.#span(token)));
      else blocks.set(token.text, { at: token, items: [block.keyedAt(this.#span(token))] });
    }
  }

  #bodyTree(
    start: number,
    end: number,
    attributes: readonly Entry[],
    blocks: ReadonlyMap<string, { at: Token; items: Tree[] }>,
    labels: readonly Token[],
  ): Tree {
    const entries = [...attributes];
    for (const [key, { at, items }] of blocks) {
      const span = this.#span(at);
      entries.push({ key, keySpan: span, value: Tree.list(span, items).keyedAt(span) });
    }
    if (labels.length > 0) {
      const span = this.#source.span(labels[0]!.start, labels.at(-1)!.end);
      const items = labels.map((label) => Tree.scalar(this.#span(label), label.text));
      entries.push({ key: LABELS, keySpan: span, value: Tree.list(span, items) });
    }
    return Tree.map(this.#source.span(start, end), entries);
  }

  /** A value; what follows a plain one (an operator, a call, a reference) makes it an expression. */
  #expression(depth: number): Tree {
    if (depth > DEPTH_MAX) throw this.#wrong('values are nested too deeply');
    const first = this.#peek();
    let value: Tree | undefined;
    if (first.kind === 'string' || first.kind === 'heredoc' || first.kind === 'number') {
      this.#take();
      value = Tree.scalar(this.#span(first), first.text);
    } else if (first.kind === 'name' && ['true', 'false', 'null'].includes(first.text)) {
      this.#take();
      value = Tree.scalar(this.#span(first), first.text);
    } else if (this.#isMark('[')) value = this.#list(depth);
    else if (this.#isMark('{')) value = this.#object(depth);
    if (value && this.#endsHere()) return value;
    return this.#opaque(first);
  }

  #endsHere(): boolean {
    const { kind, text } = this.#peek();
    return kind === 'feed' || kind === 'end' || (kind === 'mark' && [',', ']', '}', ')'].includes(text));
  }

  #list(depth: number): Tree {
    const open = this.#take();
    const items: Tree[] = [];
    for (;;) {
      this.#skipFeeds();
      if (this.#isMark(']')) return Tree.list(this.#source.span(open.start, this.#take().end), items);
      if (this.#peek().kind === 'end') throw this.#wrong('a list does not end', open);
      if (this.#peek().text === 'for' && this.#peek().kind === 'name') return this.#opaqueBracket(open, ']');
      items.push(this.#expression(depth + 1));
      this.#skipFeeds();
      if (this.#isMark(',')) this.#take();
      else if (!this.#isMark(']')) throw this.#wrong(`${describe(this.#peek())} is unexpected in a list`);
    }
  }

  #object(depth: number): Tree {
    const open = this.#take();
    const entries: Entry[] = [];
    for (;;) {
      this.#skipFeeds();
      if (this.#isMark('}')) return Tree.map(this.#source.span(open.start, this.#take().end), entries);
      const key = this.#take();
      if (key.kind === 'end') throw this.#wrong('a map does not end', open);
      if (key.kind === 'name' && key.text === 'for') return this.#opaqueBracket(open, '}');
      if (key.kind === 'mark' && key.text === '(') this.#opaqueBracket(key, ')');
      else if (!['name', 'string', 'number'].includes(key.kind)) throw this.#wrong(`${describe(key)} is no key`, key);
      if (!this.#isMark('=') && !this.#isMark(':')) throw this.#wrong('a key has no value', key);
      this.#take();
      this.#skipFeeds();
      entries.push(this.#entry(key, this.#expression(depth + 1)));
      if (this.#isMark(',')) this.#take();
    }
  }

  /** Skips to where the expression ends. */
  #opaque(first: Token): Tree {
    let depth = 0;
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'end') break;
      if (depth === 0 && this.#endsHere()) break;
      if (token.kind === 'mark' && ['(', '[', '{'].includes(token.text)) depth += 1;
      if (token.kind === 'mark' && [')', ']', '}'].includes(token.text)) depth -= 1;
      this.#take();
    }
    const end = this.#tokens[Math.max(0, this.#next - 1)]!.end;
    if (end <= first.start) throw this.#wrong('a value is missing', first);
    return this.#filledIn(first.start, end);
  }

  #opaqueBracket(open: Token, close: string): Tree {
    let depth = 1;
    while (depth > 0) {
      const token = this.#take();
      if (token.kind === 'end') throw this.#wrong(`a ${close} is missing`, open);
      if (token.kind !== 'mark') continue;
      if (['(', '[', '{'].includes(token.text)) depth += 1;
      if ([')', ']', '}'].includes(token.text)) depth -= 1;
    }
    return this.#filledIn(open.start, this.#tokens[this.#next - 1]!.end);
  }

  /** A scalar whose text says that it is an expression. */
  #filledIn(start: number, end: number): Tree {
    return Tree.scalar(this.#source.span(start, end), `\${${this.#source.text.slice(start, end)}}`);
  }

  #entry(key: Token, value: Tree): Entry {
    const keySpan = this.#span(key);
    return { key: key.text, keySpan, value: value.keyedAt(keySpan) };
  }

  #skipFeeds(): void {
    while (this.#peek().kind === 'feed') this.#next += 1;
  }

  #isMark(text: string): boolean {
    const token = this.#peek();
    return token.kind === 'mark' && token.text === text;
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)]!;
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }

  #span({ start, end }: Token) {
    return this.#source.span(start, end);
  }

  #wrong(what: string, at: Token = this.#peek()): Error {
    return new Error(`${what} in line ${this.#source.position(at.start).line}`);
  }
}

function describe({ kind, text }: Token): string {
  if (kind === 'end') return 'the end of the file';
  return kind === 'feed' ? 'a line feed' : JSON.stringify(text.slice(0, 40));
}
