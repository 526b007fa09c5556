import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { lastcall } from '../cli/testing/invoke.ts';
import { newDirectory } from '../lifecycle/testing/program.ts';
import { finding, type FindingCode } from './verdict/core/findings.ts';
import { judge } from './verdict/core/judge.ts';
import { EXPECTED, goodEnding } from './verdict/testing/observe.ts';

/** A report with these findings, and with what a good ending measures, changed. */
function reportFile(t: TestContext, changes: Record<string, number>, ...codes: FindingCode[]): string {
  const file = join(newDirectory(t), 'report.json');
  const measures = { ...judge(goodEnding(), EXPECTED).measures, ...changes };
  const findings = codes.map((code) => finding(code, 'seen'));
  const grade = findings[0]?.grade ?? 'A';
  const verdict = findings.length === 0 ? 'clean' : 'unclean';
  writeFileSync(file, JSON.stringify({ schema: 'lastcall.drill/1', verdict, grade, findings, measures, target: 'x' }));
  return file;
}

test('a report that is as good or better is not worse: exit code 0', async (t) => {
  const before = reportFile(t, { dropped: 5 }, 'dropped-in-flight');
  const after = reportFile(t, { exitMs: 9_000 });
  const { code, stdout } = await lastcall(['drill', 'compare', before, after]);
  assert.equal(code, 0);
  assert.match(stdout, /gone: dropped-in-flight[^]*B is not worse/);
});

test('more dropped, or a worse grade, is worse: exit code 1', async (t) => {
  const before = reportFile(t, {});
  const after = reportFile(t, { dropped: 5 }, 'dropped-in-flight');
  const { code, stdout } = await lastcall(['drill', 'compare', before, after, '--json']);
  assert.equal(code, 1);
  const { worse, added } = JSON.parse(stdout) as { worse: string[]; added: string[] };
  assert.deepEqual({ worse, added }, { worse: ['verdict', 'grade', 'dropped'], added: ['dropped-in-flight'] });
});

test('what is no report of a drill is refused', async (t) => {
  const file = join(newDirectory(t), 'x.json');
  writeFileSync(file, '{"schema":"lastcall.report/1"}');
  const { code, stderr } = await lastcall(['drill', 'compare', file, file]);
  assert.equal(code, 2);
  assert.match(stderr, /this is no report of a drill/);
});
