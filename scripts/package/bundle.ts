// Bundles src/ to the JavaScript that is published: `node scripts/package/bundle.ts FOLDER`. What `import 'lastcall'` loads
// is one file instead of sixty, since loading a module takes a third of a millisecond, whatever is in it. Packages and
// Node's own modules stay imports. A program of its own, so that the build waits for it like for the compiler.
import { globSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type OutputOptions, type Plugin, rolldown } from 'rolldown';
import { readManifest, ROOT } from './compile.ts';

const SRC = join(ROOT, 'src');
/** What bin/ starts, and what is found by its path at run time. Places in src/ and in the build, without extension. */
const LOADED_BY_PATH = ['cli/main', 'lifecycle/unit/root', 'drill/faults/mount-and-run'];
/** Stands for `import.meta.url` until it is known into which file a module goes. */
const PLACE = '__place';

const output: OutputOptions = {
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name].js',
  minify: true,
  comments: false,
  // For `node --enable-source-maps`: places in src/ in stack traces. The sources themselves are in the repository.
  sourcemap: true,
  sourcemapExcludeSources: true,
  sourcemapPathTransform: (source, map) => relative(ROOT, resolve(dirname(map), source)),
  // All that `import 'lastcall'` needs goes together, although others share parts of it; so does what the first unit adds.
  codeSplitting: {
    groups: [
      { name: 'lifecycle', test: /\/src\/lifecycle\/index\.ts$/ },
      { name: 'root', test: /\/src\/lifecycle\/unit\/root\.ts$/ },
    ],
  },
};

/** Modules look for files beside themselves. The files are where they were; the module may have moved to another file. */
const modulesKeepTheirPlace: Plugin = {
  name: 'modules-keep-their-place',
  transform(code, id) {
    if (!code.includes('import.meta.url')) return null;
    const place = relative(SRC, id).replace(/\.ts$/, '.js');
    return { code: code.replaceAll('import.meta.url', `${PLACE}(${JSON.stringify(place)})`), map: null };
  },
  renderChunk(code, { fileName }) {
    if (!code.includes(PLACE)) return null;
    const urlOf = (place: string) => `new URL('${relative(dirname(fileName), place)}', import.meta.url).href`;
    const calls = new RegExp(`${PLACE}\\((["'\`])(.+?)\\1\\)`, 'g');
    return { code: code.replaceAll(calls, (_call, _quote, place: string) => urlOf(place)), map: null };
  },
};

/**
 * Node's own modules are taken as they are. The `import` of one reads all that it exports, which loads what nobody asked
 * for: 60 ms for node:http (with the whole of fetch), 7 ms for node:fs (with streams and promises).
 */
const builtinsAsTheyAre: Plugin = {
  name: 'builtins-as-they-are',
  renderChunk(code) {
    const imports = /^import\s*([^;'"`]+?)\s*from\s*["'`](node:[\w/]+)["'`];?$/gm;
    return { code: code.replaceAll(imports, (_import, names: string, id: string) => taken(names, id)), map: null };
  },
};

/** @param names what stands between `import` and `from` */
function taken(names: string, id: string): string {
  const [, whole, , all, some] = /^([\w$]+)?(,\s*)?(?:\*\s*as\s+([\w$]+)|(\{[^]*\}))?$/.exec(names.trim()) ?? [];
  const module = `process.getBuiltinModule("${id}")`;
  const targets = [whole, all, some?.replaceAll(/([\w$]+)\s+as\s+/g, '$1: ')].filter((target) => target !== undefined);
  if (targets.length === 0) throw new Error(`cannot read the import of ${names} from ${id}`);
  return targets.map((target) => `const ${target} = ${module};`).join('\n');
}

async function bundle(places: readonly string[], dir: string): Promise<void> {
  await using build = await rolldown({
    input: Object.fromEntries(places.map((place) => [place, join(SRC, `${place}.ts`)])),
    platform: 'node',
    external: /^[^./]/,
    plugins: [modulesKeepTheirPlace, builtinsAsTheyAre],
  });
  await build.write({ ...output, dir });
}

/** What package.json exports. */
function exported(): readonly string[] {
  const entries = Object.values(readManifest().exports).filter((entry) => typeof entry !== 'string');
  return entries.map((entry) => entry.default.replace('./dist/', '').replace(/\.js$/, ''));
}

/** Programs of threads. A thread shares no module with the rest, so it gets a bundle with what it needs and no more. */
function threads(): readonly string[] {
  return globSync('**/*-worker.ts', { cwd: SRC }).map((path) => path.replace(/\.ts$/, ''));
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('which folder does the bundle go to?');
await bundle([...exported(), ...LOADED_BY_PATH], folder);
for (const thread of threads()) await bundle([thread], folder);
