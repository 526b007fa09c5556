// Reads lastcall.yaml into its leaves. YAML is read with the core schema only, with caps on size and depth and without
// aliases, since a configuration file may come from somebody else.
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { LastcallError, messageOf } from '../base/errors.ts';
import type { FileEntry } from '../options/index.ts';

const BYTES_MAX = 256 * 1024;
const DEPTH_MAX = 16;

/**
 * The leaves of a configuration file with their lines.
 * @throws LastcallError `usage` if it cannot be read, is not a YAML map, exceeds a cap, or others may write to it
 */
export function readConfigFile(path: string, workingDirectory: string): FileEntry[] {
  const shown = shorter(relative(workingDirectory, path), path);
  return entriesOf(readBounded(path, shown), shown);
}

function shorter(a: string, b: string): string {
  return a !== '' && a.length < b.length ? a : b;
}

function readBounded(path: string, shown: string): string {
  let file: number;
  try {
    // Non-blocking, so that a FIFO put there cannot hang us.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw bad(shown, messageOf(error), 'Check the path given by --config or LASTCALL_CONFIG.');
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw bad(shown, 'this is not a file', 'Name a YAML file.');
    if (stat.size > BYTES_MAX) throw bad(shown, `this file has ${stat.size} bytes`, `At most ${BYTES_MAX} are read.`);
    // Somebody who can write here could send reports elsewhere, so such a file has to be made safe first.
    const isMine = stat.uid === 0 || stat.uid === process.getuid?.();
    if (!isMine || (stat.mode & 0o002) !== 0) {
      throw bad(shown, 'other users can change this file', 'Own it yourself and run `chmod o-w` on it.');
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** The leaves of YAML text. Lists are leaves; what they may hold is the setting's business. */
export function entriesOf(text: string, shown: string): FileEntry[] {
  const lines = new LineCounter();
  const at = (node: unknown): string => {
    const offset = (node as { range?: [number, number, number] } | null)?.range?.[0];
    return offset === undefined ? shown : `${shown}:${lines.linePos(offset).line}`;
  };
  const document = parse(text, shown, lines);
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) {
    throw bad(
      `${shown}:${problem.linePos?.[0].line ?? 1}`,
      problem.message.split(' at line ')[0]!,
      'Correct the YAML.',
    );
  }
  const entries: FileEntry[] = [];
  const visit = (node: unknown, path: readonly string[]): void => {
    if (path.length > DEPTH_MAX) throw bad(at(node), `more than ${DEPTH_MAX} levels`, 'Nest less deeply.');
    if (isAlias(node)) throw bad(at(node), 'aliases are not read here', 'Write the value out.');
    if (!isMap(node)) {
      entries.push({
        path: path.join('.'),
        value: isScalar(node) ? node.value : isSeq(node) ? [] : null,
        at: at(node),
      });
      return;
    }
    for (const { key, value } of node.items) visit(value, [...path, isScalar(key) ? String(key.value) : '?']);
  };
  if (document.contents !== null) {
    if (!isMap(document.contents))
      throw bad(at(document.contents), 'this is not a map of settings', 'Write `name: value` lines.');
    visit(document.contents, []);
  }
  return entries;
}

function parse(text: string, shown: string, lineCounter: LineCounter): ReturnType<typeof parseDocument> {
  try {
    return parseDocument(text, { schema: 'core', lineCounter, prettyErrors: true, uniqueKeys: true });
  } catch (error) {
    // Thousands of nested brackets exhaust the parser's stack.
    if (error instanceof RangeError) throw bad(shown, `more than ${DEPTH_MAX} levels`, 'Nest less deeply.');
    throw error;
  }
}

function bad(on: string, what: string, todo: string): LastcallError {
  return new LastcallError('usage', { what, on, todo });
}
