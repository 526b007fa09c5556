// Stopping and starting one part of a running pipeline, as a person does it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Program } from '../../lifecycle/testing/program.ts';
import { lastcall } from '../testing/invoke.ts';

test('stop and start with a scope: the part has a report, the pipeline works on, and it comes to its end', async (t) => {
  const module = new URL('../../stream/testing/branching-program.ts', import.meta.url).href;
  const given = { records: 2_000, everyMs: 5, unit: { grace: '20s' } };
  const running = new Program(
    t,
    `const { runBranching } = await import('${module}'); await runBranching(${JSON.stringify(given)});`,
  );
  const ask = (...words: string[]) => lastcall([...words, '--state-dir', running.stateDir]);
  await running.says('epoch 2');
  const stopped = await ask('stop', 'branching', '--scope', 'part:audit', '--json');
  assert.equal(stopped.code, 0, stopped.stderr);
  const { report } = JSON.parse(stopped.stdout);
  assert.deepEqual([report.unit.kind, report.unit.name, report.outcome], ['part', 'audit', 'clean']);
  const status = JSON.parse((await ask('status', 'branching', '--json')).stdout);
  assert.deepEqual([status.ready, status.details.stopped], [true, ['part:audit']]);
  assert.match((await ask('start', 'branching', '--scope', 'part:nobody')).stderr, /part:audit/);
  const started = await ask('start', 'branching', '--scope', 'part:audit');
  assert.deepEqual([started.code, started.stdout], [0, 'part:audit of branching is back.\n']);
  assert.deepEqual(await running.ended, { code: 0, signal: null });
  const final = running.reports().find(({ unit }) => unit.name === 'branching')!;
  assert.equal(final.parts.filter(({ unit }) => unit.name === 'audit').length, 2);
});
