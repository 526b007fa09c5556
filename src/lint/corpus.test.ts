import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { collect, judge, readBeside, readPaths, RULES } from './index.ts';

const CORPUS = fileURLToPath(new URL('testdata/corpus/', import.meta.url));

test('on the labelled corpus precision and recall are at least 0.95', (context) => {
  const expected = new Set(readFileSync(join(CORPUS, 'labels.txt'), 'utf8').trim().split('\n'));
  const found = new Set<string>();
  let files = 0;
  for (const entry of readdirSync(CORPUS, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const { sources } = readPaths([join(CORPUS, entry.name)]);
    files += sources.length;
    const collected = collect(sources, { longestRequestMs: undefined, beside: readBeside });
    assert.deepEqual(
      collected.problems.map(({ at, what }) => `${at.source.path}: ${what}`),
      [],
    );
    for (const { at, rule } of judge(collected, RULES, 'info').findings) {
      found.add(`${at.source.path.slice(CORPUS.length)}:${at.source.position(at.start).line} ${rule}`);
    }
  }
  const right = [...found].filter((it) => expected.has(it)).length;
  const precision = right / found.size;
  const recall = right / expected.size;
  for (const it of expected) if (!found.has(it)) context.diagnostic(`missed: ${it}`);
  for (const it of found) if (!expected.has(it)) context.diagnostic(`not expected: ${it}`);
  context.diagnostic(
    `${files} files, ${expected.size} labels: precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`,
  );
  assert(files >= 60, `${files} files`);
  assert(precision >= 0.95, `precision ${precision}`);
  assert(recall >= 0.95, `recall ${recall}`);
});
