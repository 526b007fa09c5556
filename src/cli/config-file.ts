// Reads lastcall.yaml into its leaves, with the caps of every YAML file that we read.
import { relative } from 'node:path';
import { isMap, isScalar, isSeq } from 'yaml';
import { LastcallError } from '../base/errors.ts';
import type { FileEntry } from '../options/index.ts';
import { parseYaml, readTrustedText } from '../options/yaml-file.ts';

/**
 * The leaves of a configuration file with their lines.
 * @throws LastcallError `usage` if it cannot be read, is not a YAML map, exceeds a cap, or others may write to it
 */
export function readConfigFile(path: string, workingDirectory: string): FileEntry[] {
  const shown = shorter(relative(workingDirectory, path), path);
  return entriesOf(readTrustedText(path, shown, { givenBy: '--config or LASTCALL_CONFIG' }), shown);
}

function shorter(a: string, b: string): string {
  return a !== '' && a.length < b.length ? a : b;
}

/** The leaves of YAML text. Lists are leaves; what they may hold is the setting's business. */
export function entriesOf(text: string, shown: string): FileEntry[] {
  const entries: FileEntry[] = [];
  for (const { document, at } of parseYaml(text, shown)) {
    const visit = (node: unknown, path: readonly string[]): void => {
      if (!isMap(node)) {
        const value = isScalar(node) ? node.value : isSeq(node) ? [] : null;
        entries.push({ path: path.join('.'), value, at: at(node) });
        return;
      }
      for (const { key, value } of node.items) visit(value, [...path, isScalar(key) ? String(key.value) : '?']);
    };
    if (document.contents === null) continue;
    if (!isMap(document.contents)) {
      const on = at(document.contents);
      throw new LastcallError('usage', {
        what: 'this is not a map of settings',
        on,
        todo: 'Write `name: value` lines.',
      });
    }
    visit(document.contents, []);
  }
  return entries;
}
