// The public types of one export of the package, as text: every exported name with its declaration, then what these
// mention and what is thus public in effect. Comments are left out: rewording one is no change of the surface.
import { relative } from 'node:path';
import { type Declaration, type DeclarationModule, type Elsewhere, readModule } from './module.ts';

interface Found extends Elsewhere {
  declarations: readonly Declaration[];
}

/** @param dist folder of the build @param entry path of the export's .d.ts */
export function describeSurface(dist: string, entry: string): string {
  const modules = new Map<string, DeclarationModule>();
  const load = (file: string): DeclarationModule => {
    const module = modules.get(file) ?? readModule(file);
    modules.set(file, module);
    return module;
  };
  const reached = new Map<string, Found>();
  const reach = (place: Elsewhere): Found | undefined => {
    const found = resolve(place, load);
    if (!found) return undefined;
    const key = `${found.name} ${found.from}`;
    if (reached.has(key)) return found;
    reached.set(key, found);
    for (const name of found.declarations.flatMap(({ mentions }) => [...mentions])) reach({ from: found.from, name });
    return found;
  };
  const blocks: string[] = [];
  const own = new Set<string>();
  for (const name of [...load(entry).exports.keys()].toSorted()) {
    const found = reach({ from: entry, name });
    if (!found) {
      blocks.push(`export { ${name} }; // of another package`);
      continue;
    }
    own.add(`${found.name} ${found.from}`);
    const alias = found.name === name ? '' : `export { ${found.name} as ${name} };\n`;
    blocks.push(alias + found.declarations.map(({ text }) => `export ${text}`).join('\n'));
  }
  const others = [...reached].filter(([key]) => !own.has(key)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [, { from, declarations }] of others) {
    blocks.push([`// not exported, of ${relative(dist, from)}`, ...declarations.map(({ text }) => text)].join('\n'));
  }
  return `${blocks.join('\n\n')}\n`;
}

/** Follows imports and re-exports to the file that declares a name; undefined if that is another package's, or none. */
function resolve({ from, name }: Elsewhere, load: (file: string) => DeclarationModule): Found | undefined {
  if (!from.endsWith('.d.ts')) return undefined;
  const module = load(from);
  const declarations = module.declarations.get(name);
  if (declarations) return { from, name, declarations };
  const next = module.exports.get(name) ?? module.imports.get(name);
  if (next === undefined || next === name) return undefined;
  return resolve(typeof next === 'string' ? { from, name: next } : next, load);
}
