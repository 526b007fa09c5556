import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lastcall } from '../../cli/testing/invoke.ts';
import { newDirectory } from '../../lifecycle/testing/program.ts';
import type { DrillReport } from '../report/report.ts';

const JOB = fileURLToPath(new URL('../proof/testdata/job.ts', import.meta.url));

/** Ends the job somewhere in the middle of these pieces of work. */
async function drillJob(t: TestContext, mistake: string, pieces = 200): Promise<DrillReport> {
  const ids = join(newDirectory(t), 'ids.txt');
  writeFileSync(ids, Array.from({ length: pieces }, (_, index) => `piece-${index}\n`).join(''));
  const cmd = `${process.execPath} ${JOB} ${mistake} ${ids} {dir}`;
  const work = ['--rate', '0', '--ledger', '{dir}/done.log', '--expect-ids', ids, '--restart', '--after', '300ms'];
  const { stdout, stderr } = await lastcall(['drill', '--cmd', cmd, ...work, '--deadline', '60s', '--json']);
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as DrillReport;
}

test('a job that goes on where it stopped has lost and doubled nothing', async (t) => {
  const report = await drillJob(t, 'none');
  assert.equal(report.verdict, 'clean', JSON.stringify([report.invalid, report.findings]));
  assert.deepEqual([report.lost, report.doubled, report.faultsOnWorkInFlight], [0, 0, 1]);
});

test('a job that forgets how far it was does work twice, and one that skips loses some', async (t) => {
  const forgets = await drillJob(t, 'forgets-its-place');
  assert.ok(forgets.doubled! > 0 && forgets.lost === 0, JSON.stringify([forgets.invalid, forgets.findings]));
  const skips = await drillJob(t, 'skips-some');
  assert.ok(skips.lost! > 0 && skips.doubled === 0, JSON.stringify([skips.invalid, skips.findings]));
  assert.deepEqual([forgets.verdict, skips.verdict], ['unclean', 'unclean']);
});

test('a signal that met a job that was done, or had not begun, shows nothing', async (t) => {
  const { verdict, invalid } = await drillJob(t, 'none', 3);
  assert.equal(verdict, 'invalid');
  assert.ok(['not-enough-in-flight', 'died-under-load', 'never-ready'].includes(invalid!.code), invalid!.what);
  const { stderr } = await lastcall(['drill', '--cmd', 'a', '--rate', '0']);
  assert.match(stderr, /For a job give --ledger, --expect-ids and --restart/);
});
