// Which folder of src/ may import which (ARCHITECTURE.md, "Layout"). Adding a folder is one line here.

/** Folders that only their own `index.ts` speaks for: others import nothing else of them. */
const FEATURES = ['supervise', 'stream', 'scheduler', 'gateway', 'reconcile', 'retire', 'lint'];

const LOWER = ['base', 'options', 'lifecycle', 'store'];

/** Folder of src/ → folders that it may import beside itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  options: ['base'],
  lifecycle: ['base'],
  store: ['base', 'lifecycle'],
  ...Object.fromEntries(FEATURES.map((feature) => [feature, [...LOWER, ...FEATURES]])),
  lint: ['base', 'lifecycle'],
  server: [...LOWER, ...FEATURES],
  console: ['base', 'server'],
  cli: [...LOWER, ...FEATURES, 'server', 'console'],
  drill: [...LOWER, ...FEATURES, 'server', 'console', 'cli'],
};

/** Tests that need a service get it from there. */
const SERVICES_FOR_TESTS = 'scripts/services/use.ts';

/** `lastcall drill` has to be started by somebody; what it drills still knows nothing of it. */
const STARTS_DRILLS = /^src\/cli\/commands\/drill(-[a-z]+)?\.ts$/;

/** A sentence if `from` may not import `to` (paths within the repository), else undefined. */
export function layerOffence(from: string, to: string): string | undefined {
  const source = folderOf(from);
  const target = folderOf(to);
  if (source === undefined) return undefined; // scripts, bench and examples may import all of src
  if (from.endsWith('.service.test.ts') && to === SERVICES_FOR_TESTS) return undefined;
  if (target === undefined) return `src imports nothing outside of src, and this is ${to}`;
  if (source === target) return undefined;
  if (STARTS_DRILLS.test(from) && to === 'src/drill/index.ts') return undefined;
  const allowed = MAY_IMPORT[source];
  if (!allowed) return `src/${source} is not in the table of layers (scripts/check/rules/layer-table.ts)`;
  if (!allowed.includes(target)) {
    return `src/${source} may not import src/${target}, only: ${allowed.join(', ') || 'itself'}`;
  }
  if (FEATURES.includes(target) && to !== `src/${target}/index.ts` && source !== 'drill') {
    return `src/${target} is met only through its index.ts`;
  }
  return undefined;
}

/** Cores decide purely, so what they run is pure as well: other files of a core, or values of base. */
export function coreOffence(from: string, to: string): string | undefined {
  if (!isCore(from) || isCore(to)) return undefined;
  if (/^src\/base\/(?!files\/|process-)[^/]+\.ts$/.test(to)) return undefined;
  return 'a core file runs only core files and values of src/base; import types with `import type`';
}

export function isCore(path: string): boolean {
  return /(^|\/)core(\.ts$|\/)/.test(path) && !path.endsWith('.test.ts');
}

function folderOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}
