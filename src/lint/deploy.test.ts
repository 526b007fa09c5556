import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { collect, judge, readBeside, readPaths, RULES } from './index.ts';

const ROOT = new URL('../../', import.meta.url);

test("the project's own deployment files and examples have no findings", () => {
  const folders = ['deploy', 'examples']
    .map((name) => fileURLToPath(new URL(name, ROOT)))
    .filter((path) => existsSync(path));
  assert(folders.length > 0);
  const collected = collect(readPaths(folders).sources, { longestRequestMs: undefined, beside: readBeside });
  assert.deepEqual(collected.problems, []);
  const found = judge(collected, RULES, 'info').findings.map(
    ({ at, rule, what }) => `${at.source.path}:${at.source.position(at.start).line} ${rule}: ${what}`,
  );
  assert.deepEqual(found, []);
});
