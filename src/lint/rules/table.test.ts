import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixAll } from '../fix.ts';
import { lint } from '../testing/lint.ts';
import { RULES } from './table.ts';

test('the bad example of every rule gives its finding, and the good one gives none of any rule', () => {
  for (const rule of RULES) {
    const bad = lint(rule.bad);
    assert.deepEqual(bad.collected.problems, [], rule.id);
    assert(
      bad.findings.some((it) => it.rule === rule.id),
      `${rule.id}: the bad example is not found`,
    );
    const good = lint(rule.good);
    assert.deepEqual(good.places, [], `${rule.id}: the good example has findings`);
  }
});

test('every rule says what, why and what to do in sentences, and where it is documented', () => {
  assert(RULES.length >= 30);
  assert.equal(new Set(RULES.map(({ id }) => id)).size, RULES.length);
  for (const { id, title, why, source, bad } of RULES) {
    assert.match(id, /^[a-z0-9]+(?:-[a-z0-9]+)+$/);
    assert.doesNotMatch(title, /\.$/, id);
    assert.match(why, /\.$/, id);
    assert.match(source, /^https:\/\//, id);
    for (const { what, todo } of lint(bad).findings) {
      assert.match(what, /^[A-Z`a-z].*\.$/s, id);
      assert.match(todo, /^[A-Z].*\.$/s, id);
    }
  }
});

test('the fixes of the bad examples mend what they are about, and bring nothing new', () => {
  let mended = 0;
  for (const rule of RULES) {
    const before = lint(rule.bad);
    const fixes = fixAll(before.findings.filter((it) => it.rule === rule.id));
    if (fixes.length === 0) continue;
    mended += 1;
    const after = lint({ ...rule.bad, ...Object.fromEntries(fixes.map(({ source, text }) => [source.path, text])) });
    assert.deepEqual(after.collected.problems, [], rule.id);
    assert(!after.findings.some((it) => it.rule === rule.id), `${rule.id}: still there after its fix`);
    const known = new Set(before.findings.map((it) => it.rule));
    for (const it of after.findings) assert(known.has(it.rule), `${rule.id}: its fix brings ${it.rule}`);
  }
  assert(mended >= 10, `${mended} rules have fixes`);
});
