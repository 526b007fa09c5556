import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { initialState, step } from './core.ts';
import type { UnitState } from './core/types.ts';
import { buildReport, type Report } from './report.ts';
import { pruneReports, summaryOf, writeTerminationLog } from './report-file.ts';
import { newDirectory } from './testing/program.ts';
import { resolveOptions } from './unit/options.ts';

/** A report of a unit that ended with `lost` requests in flight. */
function reportWith(lost: number): Report {
  const { config } = resolveOptions({ grace: '1s' }, {}, { kind: 'none' });
  let state: UnitState = initialState(config, 0);
  for (let index = 0; index < lost; index++) {
    state = step(state, {
      type: 'workAccepted',
      id: `GET /predict?customer=${index} #${index}`,
      count: 1,
      atMs: 1,
    }).state;
  }
  const cause = { kind: 'api' } as const;
  state = step(state, { type: 'stopRequested', cause, deadlineMs: 0, mode: 'suspend', atMs: 2 }).state;
  const identity = { kind: 'service', name: 'api', instance: 'unit_1', pid: 1, host: 'host' };
  return buildReport(state, { identity, workOf: 'requests', wallAtZeroMs: 0, parts: [] });
}

test('the summary for Kubernetes fits into 4 KiB, however much was lost', () => {
  for (const lost of [0, 3, 1_000, 5_000]) {
    const report = reportWith(lost);
    const summary = summaryOf(report);
    assert.ok(Buffer.byteLength(summary) <= 4_096, `${Buffer.byteLength(summary)} bytes`);
    const { work, exitCode } = JSON.parse(summary) as Report;
    assert.equal(work.lost, lost);
    assert.equal(exitCode, report.exitCode);
  }
});

test('a summary of long names still fits', () => {
  const report = reportWith(2);
  const parts = Array.from({ length: 50 }, (_, index) => ({
    ...report,
    unit: { ...report.unit, name: `${index}`.repeat(200) },
  }));
  const summary = summaryOf({ ...report, parts, error: 'e'.repeat(100_000) });
  assert.ok(Buffer.byteLength(summary) <= 4_096);
  assert.equal((JSON.parse(summary) as Report).outcome, report.outcome);
});

test('the termination log is written only where Kubernetes has put one', (t) => {
  const directory = newDirectory(t);
  const path = join(directory, 'termination-log');
  writeTerminationLog(path, reportWith(1));
  assert.deepEqual(readdirSync(directory), []);
  writeFileSync(path, '');
  writeTerminationLog(path, reportWith(1));
  assert.equal((JSON.parse(readFileSync(path, 'utf8')) as Report).work.lost, 1);
});

test('the newest reports are kept, and nothing that is not a report is touched', (t) => {
  const stateDir = newDirectory(t);
  const reports = join(stateDir, 'reports');
  mkdirSync(reports);
  for (const name of ['unit_03', 'unit_01', 'unit_02']) writeFileSync(join(reports, `${name}.json`), '{}');
  writeFileSync(join(reports, 'notes.json'), '{}');
  pruneReports(stateDir, 2);
  assert.deepEqual(readdirSync(reports).sort(), ['notes.json', 'unit_02.json', 'unit_03.json']);
  pruneReports(stateDir, 5);
  assert.equal(readdirSync(reports).length, 3);
});
