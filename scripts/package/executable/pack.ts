// Many files as one: a line of JSON that says their paths, modes and sizes, then their bytes, all of it compressed. main.cjs
// takes it apart.
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

/** Not needed to run: types, maps, pages, and the tests that packages carry. */
const LEFT_OUT =
  /\.(d\.[cm]?ts|map|md|markdown|flow|tsbuildinfo)$|(^|\/)(test|tests|__tests__|docs|examples?|\.github)\//;

export function pack(folder: string): Buffer {
  const paths = globSync('**/*', { cwd: folder }).filter((path) => statSync(join(folder, path)).isFile());
  const kept = paths.filter((path) => !LEFT_OUT.test(path)).sort();
  const files = kept.map((path) => ({ path, content: readFileSync(join(folder, path)) }));
  const index = files.map(({ path, content }) => ({
    path,
    bytes: content.length,
    mode: statSync(join(folder, path)).mode & 0o111 ? 0o700 : 0o600,
  }));
  const whole = Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), ...files.map(({ content }) => content)]);
  return brotliCompressSync(whole, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: whole.length },
  });
}
