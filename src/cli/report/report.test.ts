import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Report } from '../../lifecycle/index.ts';
import { lastcall } from '../testing/invoke.ts';

const REPORT: Report = {
  schema: 'lastcall.report/1',
  unit: { kind: 'pipeline', name: 'flights', instance: 'unit_1', pid: 4711, host: 'here' },
  cause: { kind: 'signal', signal: 'SIGTERM', at: '2026-01-02T03:04:05.000Z' },
  outcome: 'handed_back',
  exitCode: 100,
  exitCodeFrom: 'ending',
  workExitCode: null,
  error: null,
  budget: { totalMs: 28_000, usedMs: 18_200, extendedMs: 0, source: 'kubernetes' },
  stages: [
    { name: 'announce', atMs: 0, tookMs: 5_000, capMs: 5_000, result: 'ok', stuck: [], error: null },
    { name: 'intake', atMs: 5_000, tookMs: 0, capMs: 0, result: 'ok', stuck: [], error: null },
    { name: 'drain', atMs: 5_000, tookMs: 13_000, capMs: 13_000, result: 'timeout', stuck: ['scorer'], error: null },
    { name: 'persist', atMs: 18_000, tookMs: 150, capMs: 7_000, result: 'ok', stuck: [], error: null },
    { name: 'release', atMs: 18_150, tookMs: 50, capMs: 9_850, result: 'ok', stuck: [], error: null },
  ],
  work: { of: 'records', accepted: 1_200, finished: 1_000, returned: 200, lost: 0, unknown: 0, lostIds: [] },
  checkpoint: { id: 'ckpt_1', verified: true, stepsBack: 1, position: {} },
  released: { proven: true, processes: { ended: 3, survivors: [] }, gpus: [], ports: [], quarantined: [] },
  signals: [],
  parts: [],
};

let directory: string;
async function save(name: string, report: unknown): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, typeof report === 'string' ? report : JSON.stringify(report));
  return path;
}
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lastcall-report-'));
});
after(() => rm(directory, { recursive: true }));

test('one report is told in words: what ended, where the time went, what became of the work, what to do', async () => {
  const { code, stdout } = await lastcall(['report', await save('one.json', REPORT)]);
  assert.equal(code, 0);
  assert.match(stdout, /flights \(pipeline\), process 4711 on here/);
  assert.match(stdout, /handed_back: exit code 100, the drain budget was exceeded and work was handed back/);
  assert.match(stdout, /ended by SIGTERM at 2026-01-02T03:04:05\.000Z; took 18\.2 s of 28 s/);
  assert.match(stdout, /drain {2}.*█+.* 13 s {2}of 13 s.*ran out of time; stuck: scorer/);
  assert.match(stdout, /1,200 records accepted = 1,000 finished \+ 200 returned \+ 0 lost \+ 0 unknown/);
  assert.match(stdout, /1 newer ones did not verify/);
  assert.match(stdout, /What to do: .*done again by the next start/);
});

test('the bars of the stages follow each other', async () => {
  const { stdout } = await lastcall(['report', await save('bars.json', REPORT)]);
  const bars = stdout.split('\n').filter((line) => /^(announce|drain|persist)/.test(line));
  const [announce, drain, persist] = bars.map((line) => [line.indexOf('█'), line.lastIndexOf('█')] as const);
  assert(announce![1] <= drain![0] && drain![1] <= persist![0], stdout);
});

test('a sum of work that does not hold is said so', async () => {
  const { stdout } = await lastcall([
    'report',
    await save('sum.json', { ...REPORT, work: { ...REPORT.work, finished: 990 } }),
  ]);
  assert.match(stdout, /does not add up: 10 unaccounted for/);
});

test('a code of the work itself is not read as one of ours', async () => {
  const panic = { ...REPORT, outcome: 'failed', exitCode: 101, exitCodeFrom: 'work', workExitCode: 101 };
  const { stdout } = await lastcall(['report', await save('panic.json', panic)]);
  assert.match(stdout, /the work itself ended with 101/);
  assert.doesNotMatch(stdout, /saving failed/);
});

test('a unit that was killed is not told of with a code that nobody knows', async () => {
  const { stdout } = await lastcall([
    'report',
    await save('killed.json', { ...REPORT, outcome: 'killed', exitCode: 137 }),
  ]);
  assert.match(stdout, /killed: exit code 137, killed before it could end: SIGKILL, out of memory, or power loss/);
});

test('only what was handed back is said to be done again, and one item is not spoken of as many', async () => {
  const told = async (changes: Partial<Report>, work: Partial<Report['work']>) => {
    const path = await save('advice.json', { ...REPORT, ...changes, work: { ...REPORT.work, ...work } });
    return (await lastcall(['report', path])).stdout.replaceAll('\n', ' ');
  };
  const lost = { returned: 0, lost: 1, of: 'items' };
  for (const exitCode of [100, 104]) {
    const text = await told({ exitCode }, lost);
    assert.match(text, /Find out what became of the 1 item that is lost\./);
    assert.doesNotMatch(text, /done again|handed back and|Nothing/);
    assert.match(await told({ exitCode }, {}), /work was handed back .*What was handed back is done again/);
  }
  assert.match(await told({ exitCode: 104 }, { lost: 2, unknown: 3 }), /of the 5 records that are lost or unknown\./);
});

test('what was refused may be the state, its source or the pipeline, and there is a check for each', async () => {
  const refused = { ...REPORT, cause: { kind: 'crash', at: REPORT.cause.at }, outcome: 'refused', exitCode: 106 };
  const { stdout } = await lastcall(['report', await save('refused.json', refused)]);
  assert.match(stdout, /\nrefused what it was to go on with at /);
  assert.match(stdout.replaceAll('\n', ' '), /verify PATH --deep`.*`lastcall verify PATH --pipeline FILE`/);
  assert.doesNotMatch(stdout, /crashed|failed verification/);
});

test('a cause is told as what it was: an owner elsewhere is no lost client, a failing record no crash', async () => {
  const told = async (kind: string, outcome: string, exitCode: number) => {
    const report = { ...REPORT, cause: { kind, at: REPORT.cause.at }, outcome, exitCode };
    return (await lastcall(['report', await save('cause.json', report)])).stdout;
  };
  assert.match(await told('lease', 'fenced', 107), /\nfound that another instance owns its work at /);
  assert.match(await told('lease', 'clean', 0), /\nlost its client at /);
  assert.match(await told('crash', 'failed', 1), /\nfailed at /);
  assert.match(await told('crash', 'failed', 110), /\ncrashed at /);
});

test('of a unit whose report others had to write it is not said how long its ending took', async () => {
  const cause = { kind: 'crash', at: REPORT.cause.at };
  const budget = { totalMs: 0, usedMs: 0, extendedMs: 0, source: 'option' };
  const killed = { ...REPORT, cause, budget, outcome: 'killed', exitCode: 137, stages: [] };
  const path = await save('silent.json', killed);
  const { stdout } = await lastcall(['report', path]);
  assert.match(stdout, /\nkilled; last seen at 2026-01-02T03:04:05\.000Z\n/);
  assert.doesNotMatch(stdout, /took|budget from/);
  assert.match((await lastcall(['report', path, path])).stdout, /\ntook +- +-\n/);
});

test('reports of parts are nested', async () => {
  const part = { ...REPORT, unit: { ...REPORT.unit, name: 'scorer', kind: 'model' } };
  const { stdout } = await lastcall(['report', await save('parts.json', { ...REPORT, parts: [part] })]);
  assert.match(stdout, /\n {4}scorer \(model\)/);
});

test('several reports are compared; as JSON they are one a line', async () => {
  const clean: Report = {
    ...REPORT,
    outcome: 'clean',
    exitCode: 0,
    work: { ...REPORT.work, finished: 1_200, returned: 0 },
  };
  const paths = [await save('first.json', REPORT), await save('second.json', clean)];
  const { stdout } = await lastcall(['report', ...paths]);
  assert.match(stdout, /outcome +handed_back +clean\n/);
  assert.match(stdout, /returned +200 +0\n/);
  assert.match(stdout, /1 of 2 ended with 0/);
  const lines = (await lastcall(['report', '--json', ...paths])).stdout.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).exitCode),
    [100, 0],
  );
});

test('what is not a report is refused with the reason, and its text cannot steer a terminal', async () => {
  for (const [text, reason] of [
    ['{', /not JSON/],
    ['[1]', /its schema is null/],
    ['{"schema":"lastcall.report/9"}', /lastcall\.report\/9/],
    [JSON.stringify({ ...REPORT, work: { ...REPORT.work, lost: 'x' } }), /work\.lost is not a number/],
    [JSON.stringify({ ...REPORT, work: { ...REPORT.work, lostIds: 5 } }), /work\.lostIds is no list/],
    [JSON.stringify({ ...REPORT, stages: [null] }), /one of its stages is none/],
  ] as const) {
    const { code, stderr } = await lastcall(['report', await save('bad.json', text)]);
    assert.equal(code, 2, text);
    assert.match(stderr, reason);
  }
  const endless = await lastcall(['report', '/dev/zero']);
  assert.equal(endless.code, 2);
  assert.match(endless.stderr, /larger than 16777216 bytes/);
  const hostile = { ...REPORT, error: '\u001b[2J\u001b]0;owned\u0007' };
  assert(!(await lastcall(['report', await save('hostile.json', hostile)])).stdout.includes('\u001b'));
});
