// YAML and JSON → positioned trees. All scalars stay texts (the failsafe schema), so `010` and `yes` reach the rules as
// they were written. Aliases are resolved once and shared; one that leads back to itself is missing.
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { Source, Span } from '../source/source.ts';
import { type Entry, Tree } from './tree.ts';

export interface YamlDocument {
  readonly root: Tree;
  readonly start: number;
  readonly end: number;
}

export interface YamlProblem {
  readonly at: Span;
  readonly what: string;
  /** The text of the document that could not be read. */
  readonly text: string;
}

export interface YamlReading {
  readonly documents: readonly YamlDocument[];
  /** What is wrong with documents that could not be read; those are left out. */
  readonly problems: readonly YamlProblem[];
}

/** The parser refuses what is nested deeper than its stack; aliases could still nest ours. */
const DEPTH_MAX = 500;

/** @throws never; what cannot be read is a problem of the reading */
export function readYaml(source: Source, text: string = source.text): YamlReading {
  let parsed: Document.Parsed[];
  try {
    const result = parseAllDocuments(text, {
      schema: 'failsafe',
      strict: false,
      uniqueKeys: false,
      logLevel: 'silent',
      prettyErrors: false,
    });
    parsed = Array.isArray(result) ? result : [];
  } catch (error) {
    const what = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    return { documents: [], problems: [{ at: source.span(0, 0), what, text }] };
  }
  const documents: YamlDocument[] = [];
  const problems: YamlProblem[] = [];
  for (const document of parsed) {
    const error = document.errors.find(({ code }) => !TOLERABLE.has(code));
    if (error) {
      const [start, , end] = document.range;
      problems.push({
        at: source.span(error.pos[0], error.pos[1]),
        what: error.message.split('\n')[0]!,
        text: text.slice(start, end),
      });
      continue;
    }
    const [start, , end] = document.range;
    documents.push({ root: new Builder(source, document).build(document.contents), start, end });
  }
  return { documents, problems };
}

/** What kubectl and docker compose take as well, or what only a schema would mind. */
const TOLERABLE: ReadonlySet<string> = new Set([
  'DUPLICATE_KEY',
  'TAG_RESOLVE_FAILED',
  'BAD_DIRECTIVE',
  'MULTIPLE_DOCS',
]);

class Builder {
  readonly #source: Source;
  readonly #document: Document.Parsed;
  readonly #built = new Map<Node, Tree | null>();
  #depth = 0;

  constructor(source: Source, document: Document.Parsed) {
    this.#source = source;
    this.#document = document;
  }

  build(node: Node | null | undefined): Tree {
    if (!node) return Tree.missing(this.#source);
    const known = this.#built.get(node);
    if (known !== undefined) return known ?? Tree.missing(this.#source);
    if (this.#depth >= DEPTH_MAX) return Tree.missing(this.#source);
    // Null while it is being built: an alias to its own ancestor finds that, and ends there.
    this.#built.set(node, null);
    this.#depth += 1;
    const tree = this.#make(node);
    this.#depth -= 1;
    this.#built.set(node, tree);
    return tree;
  }

  #make(node: Node): Tree {
    const span = this.#span(node);
    if (isAlias(node)) return this.build(node.resolve(this.#document));
    if (isScalar(node)) return Tree.scalar(span, typeof node.value === 'string' ? node.value : '');
    if (isSeq(node))
      return Tree.list(
        span,
        node.items.map((item) => this.build(item as Node | null)),
      );
    if (isMap(node)) {
      // An unquoted `{{ value }}` is a map of a map to YAML, and a value that is filled in later to everybody else.
      const isTemplate = node.flow === true && this.#source.text.startsWith('{{', span.start);
      return isTemplate
        ? Tree.scalar(span, this.#source.text.slice(span.start, span.end))
        : Tree.map(span, this.#entries(node));
    }
    return Tree.missing(this.#source, span);
  }

  /** Own keys win over merged ones (`<<`), the last of equal keys wins. */
  #entries(node: YAMLMap): Entry[] {
    const merged: Entry[] = [];
    const own: Entry[] = [];
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
      if (key === undefined) continue;
      const value = this.build(pair.value);
      const keySpan = this.#span(pair.key);
      if (key === '<<') merged.push(...value.each().flatMap((part) => part.entries()));
      else
        own.push({ key, keySpan, value: value.kind === 'missing' ? Tree.scalar(keySpan, '') : value.keyedAt(keySpan) });
    }
    return [...merged, ...own];
  }

  #span(node: Node): Span {
    const range = node.range ?? [0, 0, 0];
    return this.#source.span(range[0], range[1]);
  }
}
