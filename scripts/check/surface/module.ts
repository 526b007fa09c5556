// Reads one declaration file: what it declares, what it brings in from others, and what it gives on.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync } from 'oxc-parser';

export interface Declaration {
  /** Source text without comments. */
  text: string;
  /** Names that it mentions and that may mean something of this file. */
  mentions: ReadonlySet<string>;
}

/** A name in another file (`file` is a path) or package. */
export interface Elsewhere {
  from: string;
  name: string;
}

export interface DeclarationModule {
  /** Overloads of a function are several declarations of one name. */
  declarations: Map<string, Declaration[]>;
  imports: Map<string, Elsewhere>;
  /** Exported name → name in this file, or elsewhere. */
  exports: Map<string, string | Elsewhere>;
}

/** Any node of the syntax tree; we look at few kinds and walk through the rest. */
type Node = { type: string; start: number; end: number } & Record<string, unknown>;
type Named = { name: string } | { value: string };

export function readModule(file: string): DeclarationModule {
  const source = readFileSync(file, 'utf8');
  const { program, comments, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const module: DeclarationModule = { declarations: new Map(), imports: new Map(), exports: new Map() };
  const locate = (specifier: unknown): string => {
    const { value } = specifier as { value: string };
    return value.startsWith('.') ? join(dirname(file), value.replace(/\.js$/, '.d.ts')) : value;
  };
  const declare = (node: Node, outer: Node): string[] => {
    const names = declaredNames(node);
    const text = withoutComments(source, outer, comments).replace(/^export (?:declare )?|^declare /, '');
    for (const name of names) {
      module.declarations.set(name, [
        ...(module.declarations.get(name) ?? []),
        { text, mentions: mentionsOf(node, locate, module) },
      ]);
    }
    return names;
  };
  for (const node of program.body as unknown as Node[]) {
    if (node.type === 'ImportDeclaration') {
      for (const specifier of node['specifiers'] as Node[]) {
        const name = specifier.type === 'ImportSpecifier' ? nameOf(specifier['imported'] as Named) : '*';
        module.imports.set(nameOf(specifier['local'] as Named), { from: locate(node['source']), name });
      }
    } else if (node.type === 'ExportNamedDeclaration') {
      if (node['declaration'])
        for (const name of declare(node['declaration'] as Node, node)) module.exports.set(name, name);
      for (const specifier of node['specifiers'] as Node[]) {
        const name = nameOf(specifier['local'] as Named);
        const target = node['source'] ? { from: locate(node['source']), name } : name;
        module.exports.set(nameOf(specifier['exported'] as Named), target);
      }
    } else if (node.type !== 'ExportDefaultDeclaration') {
      declare(node, node);
    }
  }
  return module;
}

function declaredNames(node: Node): string[] {
  if (node.type === 'VariableDeclaration') {
    return (node['declarations'] as { id: Named }[]).map(({ id }) => nameOf(id));
  }
  const id = node['id'] as Named | null | undefined;
  return id ? [nameOf(id)] : [];
}

function nameOf(node: Named): string {
  return 'name' in node ? node.name : node.value;
}

/** Every identifier but names of members; `import('./x').Y` is entered as an import under its own text. */
function mentionsOf(start: Node, locate: (specifier: unknown) => string, module: DeclarationModule): Set<string> {
  const found = new Set<string>();
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk);
    if (typeof value !== 'object' || value === null) return;
    const node = value as Node;
    if (node.type === 'Identifier') found.add(nameOf(node as unknown as Named));
    if (node.type === 'TSImportType' && node['qualifier']) {
      const name = nameOf(node['qualifier'] as Named);
      const from = locate(node['source']);
      module.imports.set(`${from}#${name}`, { from, name });
      found.add(`${from}#${name}`);
    }
    for (const [key, inner] of Object.entries(node)) {
      if (key !== 'key' || node['computed'] === true) walk(inner);
    }
  };
  walk(start);
  return found;
}

function withoutComments(
  source: string,
  { start, end }: Node,
  comments: readonly { start: number; end: number }[],
): string {
  let text = '';
  let at = start;
  for (const comment of comments) {
    if (comment.start < start || comment.end > end) continue;
    text += source.slice(at, comment.start);
    at = comment.end;
  }
  return (text + source.slice(at, end)).replace(/^\s*\n/gm, '').trim();
}
