// YAML files that people write for us: read with the core schema only, with caps on size and depth and without aliases,
// since such a file may come from somebody else; checked against a schema, with file and line of whatever is wrong.
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { type Document, isMap, isNode, LineCounter, parseAllDocuments, parseDocument, visit } from 'yaml';
import type { core, ZodType } from 'zod';
import { LastcallError, messageOf } from '../base/errors.ts';
import { suggestion } from '../base/nearest.ts';

const BYTES_MAX = 256 * 1024;
const DEPTH_MAX = 16;
const DOCUMENTS_MAX = 1_000;
/** Problems that are named at once. */
const PROBLEMS_SHOWN = 5;

export interface YamlDocument {
  readonly document: Document.Parsed;
  /** `rules.yaml:3` for a node of it; for what is missing, the line of what it is missing in. */
  readonly at: (node: unknown) => string;
  readonly atPath: (path: readonly PropertyKey[]) => string;
}

export interface FileRules {
  /** Where its path was given, for the error: `--config or LASTCALL_CONFIG`. */
  readonly givenBy: string;
  /** Most bytes. Default 256 KiB. */
  readonly bytesMax?: number;
}

/**
 * The text of a file that decides what we do.
 * @param shown its path as messages have it
 * @throws LastcallError `usage` if it cannot be read, is too large, or other users may change it
 */
export function readTrustedText(path: string, shown: string, { givenBy, bytesMax = BYTES_MAX }: FileRules): string {
  let file: number;
  try {
    // Non-blocking, so that a FIFO put there cannot hang us.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw bad(shown, messageOf(error), `Check the path given by ${givenBy}.`);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw bad(shown, 'this is not a file', 'Name a YAML file.');
    if (stat.size > bytesMax) throw bad(shown, `this file has ${stat.size} bytes`, `At most ${bytesMax} are read.`);
    // Somebody who can write here decides for us, so such a file has to be made safe first.
    const isMine = stat.uid === 0 || stat.uid === process.getuid?.();
    if (!isMine || (stat.mode & 0o002) !== 0) {
      throw bad(shown, 'other users can change this file', 'Own it yourself and run `chmod o-w` on it.');
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** The documents of YAML text, at least one. @throws LastcallError `usage` with file and line */
export function parseYaml(text: string, shown: string): YamlDocument[] {
  const lines = new LineCounter();
  const documents = parse(text, shown, lines);
  if (documents.length > DOCUMENTS_MAX) throw bad(shown, `more than ${DOCUMENTS_MAX} documents`, 'Split the file.');
  return documents.map((document) => {
    const at = (node: unknown): string => {
      const offset = isNode(node) ? node.range?.[0] : undefined;
      return offset === undefined ? shown : `${shown}:${lines.linePos(offset).line}`;
    };
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem) {
      if (problem.message.startsWith('Maximum call stack')) throw tooDeep(shown);
      const what = problem.message.split(' at line ')[0]!;
      throw bad(`${shown}:${problem.linePos?.[0].line ?? 1}`, what, 'Correct the YAML.');
    }
    visit(document, {
      Alias: (_key, node) => {
        throw bad(at(node), 'aliases are not read here', 'Write the value out.');
      },
      Node: (_key, node, path) => {
        if (path.filter(isNode).length > DEPTH_MAX) throw tooDeep(at(node));
      },
    });
    return { document, at, atPath: (path) => placeOf(document, path, at) };
  });
}

/**
 * A document as its schema has it.
 * @throws LastcallError `usage` that names the first problems, each with file, line and field
 */
export function checkYaml<Shape>({ document, atPath }: YamlDocument, schema: ZodType<Shape>): Shape {
  const result = schema.safeParse(document.toJS({ maxAliasCount: 0 }) ?? {}, { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => problemsOf(issue, schema));
  const shown = problems.slice(0, PROBLEMS_SHOWN).map(({ path, text }) => {
    return `${atPath(path)}${path.length === 0 ? '' : `, ${path.join('.')}`}: ${text}`;
  });
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
  throw new LastcallError('usage', { what: shown.join('; '), todo: 'Correct the file.' });
}

interface Problem {
  readonly path: readonly PropertyKey[];
  readonly text: string;
}

function problemsOf(issue: core.$ZodIssue, schema: ZodType): Problem[] {
  if (issue.code === 'invalid_union') {
    const meant = closest(issue.errors);
    if (meant) return meant.flatMap((each) => problemsOf({ ...each, path: [...issue.path, ...each.path] }, schema));
  }
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, text: issue.message }];
  const known = keysAt(schema, issue.path);
  return issue.keys.map((key) => ({
    path: [...issue.path, key],
    text: `this key is unknown. ${suggestion(key, known, known.length === 0 ? '' : `Known are: ${known.join(', ')}`)}`.trim(),
  }));
}

/** Of the forms that a value may have, what is wrong with the one that it is most like: whose problems lie deepest. */
function closest(forms: readonly (readonly core.$ZodIssue[])[]): readonly core.$ZodIssue[] | undefined {
  const depth = (issues: readonly core.$ZodIssue[]): number => Math.min(...issues.map(({ path }) => path.length));
  return forms.filter((issues) => depth(issues) > 0).sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0];
}

/** The keys that an object of the schema may have; none where the schema has a choice of objects there. */
function keysAt(schema: ZodType, path: readonly PropertyKey[]): string[] {
  let found: unknown = schema;
  for (const part of path) found = childOf(unwrapped(found), part);
  return Object.keys(shapeOf(unwrapped(found)) ?? {});
}

type Definition = { shape?: Record<string, unknown>; element?: unknown; valueType?: unknown; innerType?: unknown };

function definitionOf(schema: unknown): Definition | undefined {
  return (schema as { def?: Definition } | undefined)?.def;
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  return definitionOf(schema)?.shape;
}

function unwrapped(schema: unknown): unknown {
  const inner = definitionOf(schema)?.innerType;
  return inner === undefined ? schema : unwrapped(inner);
}

function childOf(schema: unknown, part: PropertyKey): unknown {
  const definition = definitionOf(schema);
  return definition?.shape?.[String(part)] ?? definition?.element ?? definition?.valueType;
}

function placeOf(document: Document.Parsed, path: readonly PropertyKey[], at: (node: unknown) => string): string {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    if (isMap(parent)) {
      const key = parent.items.find((pair) => String(pair.key) === String(path[length - 1]))?.key;
      if (key !== undefined) return at(key);
    }
    const node = document.getIn(path.slice(0, length), true);
    if (node !== undefined) return at(node);
  }
  return at(document.contents);
}

function parse(text: string, shown: string, lineCounter: LineCounter): Document.Parsed[] {
  try {
    const options = { schema: 'core', lineCounter, prettyErrors: true, uniqueKeys: true } as const;
    const documents = parseAllDocuments(text, options);
    // Nothing at all is an empty document.
    return documents.length === 0 ? [parseDocument('', options)] : (documents as Document.Parsed[]);
  } catch (error) {
    // Thousands of nested brackets exhaust the parser's stack.
    if (error instanceof RangeError) throw tooDeep(shown);
    throw error;
  }
}

function tooDeep(on: string): LastcallError {
  return bad(on, `more than ${DEPTH_MAX} levels`, 'Nest less deeply.');
}

function bad(on: string, what: string, todo: string): LastcallError {
  return new LastcallError('usage', { what, on, todo });
}
