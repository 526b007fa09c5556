// What YAML, JSON and HCL have in common: maps, lists and scalars that know where they stand. A part that is not there is
// a tree as well (`MISSING` in effect), so that rules can ask for long paths without checking each step.
import type { Source, Span } from '../source/source.ts';

type Kind = 'map' | 'list' | 'scalar' | 'missing';

export interface Entry {
  readonly key: string;
  /** Where the key is written. */
  readonly keySpan: Span;
  readonly value: Tree;
}

/** Values that a program fills in before anybody reads the file: Helm, Jinja, envsubst, compose, ERB. */
const TEMPLATED = /\{\{|\$\{|<%|\{%|\u27e6|\$\([A-Z_]|^\$[A-Za-z_]\w*$/;

export class Tree {
  readonly kind: Kind;
  readonly span: Span;
  /** Where the key is written that leads here; the value itself where there is none. */
  readonly keySpan: Span;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #items: readonly Tree[];
  readonly #raw: string;

  private constructor(
    kind: Kind,
    span: Span,
    parts: { entries?: ReadonlyMap<string, Entry>; items?: readonly Tree[]; raw?: string; keySpan?: Span },
  ) {
    this.kind = kind;
    this.span = span;
    this.keySpan = parts.keySpan ?? span;
    this.#entries = parts.entries ?? NO_ENTRIES;
    this.#items = parts.items ?? [];
    this.#raw = parts.raw ?? '';
  }

  static map(span: Span, entries: Iterable<Entry>): Tree {
    return new Tree('map', span, { entries: new Map([...entries].map((entry) => [entry.key, entry])) });
  }

  static list(span: Span, items: readonly Tree[]): Tree {
    return new Tree('list', span, { items });
  }

  static scalar(span: Span, raw: string): Tree {
    return new Tree('scalar', span, { raw });
  }

  static missing(source: Source, near: Span = source.span(0, 0)): Tree {
    return new Tree('missing', near, {});
  }

  /** The same value, as it is reached by a key that is written at `keySpan`. */
  keyedAt(keySpan: Span): Tree {
    if (this.kind === 'missing') return this;
    return new Tree(this.kind, this.span, { entries: this.#entries, items: this.#items, raw: this.#raw, keySpan });
  }

  /** Follows keys; what is not there is a missing tree that stands where its nearest ancestor does. */
  get(...path: readonly string[]): Tree {
    const [key, ...rest] = path;
    if (key === undefined) return this;
    const entry = this.#entries.get(key);
    return entry ? entry.value.get(...rest) : Tree.missing(this.span.source, this.keySpan);
  }

  /** The value is written, and is not null. */
  get exists(): boolean {
    return this.kind !== 'missing' && !(this.kind === 'scalar' && this.isNull);
  }

  get isNull(): boolean {
    return this.kind === 'scalar' && /^(?:|~|null|Null|NULL)$/.test(this.#raw);
  }

  /** Nobody can know the value from this file alone. */
  get isTemplated(): boolean {
    return this.kind === 'scalar' && TEMPLATED.test(this.#raw);
  }

  entries(): Entry[] {
    return [...this.#entries.values()];
  }

  items(): readonly Tree[] {
    return this.#items;
  }

  /** A list as it is; anything else that exists as a list of one. */
  each(): readonly Tree[] {
    if (this.kind === 'list') return this.#items;
    return this.exists ? [this] : [];
  }

  /** The scalar as it is written, templates included. */
  get raw(): string | undefined {
    return this.kind === 'scalar' ? this.#raw : undefined;
  }

  /** The scalar, or undefined if it is null, templated, or no scalar. */
  text(): string | undefined {
    return this.kind === 'scalar' && !this.isNull && !this.isTemplated ? this.#raw : undefined;
  }

  number(): number | undefined {
    const text = this.text()?.trim();
    return text !== undefined && /^[+-]?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
  }

  boolean(): boolean | undefined {
    const text = this.text()?.toLowerCase();
    if (text === 'true' || text === 'yes' || text === 'on') return true;
    if (text === 'false' || text === 'no' || text === 'off') return false;
    return undefined;
  }
}

const NO_ENTRIES: ReadonlyMap<string, Entry> = new Map();
