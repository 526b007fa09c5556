// Which test files there are, and what their names say about them.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TestFile {
  /** Path within the repository. */
  path: string;
  /** `*.slow.test.ts`: takes long. */
  slow: boolean;
  /** Services that a `*.service.test.ts` uses, as written in its calls of useService. */
  services: string[];
}

const FOLDERS = '{src,scripts,bench,examples}';

export interface Selection {
  /** Leave out what takes long or needs services. */
  quick: boolean;
  /** Parts of paths; none = all. */
  filters: readonly string[];
}

export function findTests(root: string, { quick, filters }: Selection): TestFile[] {
  return globSync(`${FOLDERS}/**/*.test.ts`, {
    cwd: root,
    exclude: (name) => name === 'testdata' || name === 'node_modules',
  })
    .toSorted()
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .filter((path) => !quick || !/\.(slow|service)\.test\.ts$/.test(path))
    .map((path) => ({ path, slow: path.endsWith('.slow.test.ts'), services: servicesOf(root, path) }));
}

function servicesOf(root: string, path: string): string[] {
  if (!path.endsWith('.service.test.ts')) return [];
  const text = readFileSync(join(root, path), 'utf8');
  return [...new Set([...text.matchAll(/useService\(\s*'([^']+)'/g)].map((match) => match[1] ?? ''))];
}
