// `stop --mode drain`: a source that has an end is read to it within the budget, before intake; whatever waits for time is
// fired, and the end is marked. What cannot be brought to its end is said, and nothing is fired.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { until } from '../../../lifecycle/testing/until.ts';
import { controlOf } from '../../../lifecycle/control/client.ts';
import type { Report } from '../../../lifecycle/index.ts';
import { pipeline } from '../../pipeline.ts';
import type { Pipeline } from '../../pipeline.ts';
import type { StateDefinition } from '../../ports.ts';
import { arraySource } from '../../testdata/array-source.ts';
import { tableSink } from '../../testdata/table-sink.ts';
import { branching, items } from '../../testing/branching.ts';
import type { Item } from '../../testing/branching.ts';
import { temporaryDirectory } from '../../testing/engine.ts';
import { openSqliteForReading } from '../../../store/index.ts';
import { newestEpochs } from './epoch-rows.ts';
import { startPipeline } from './start.ts';
import type { RunningPipeline, RunOptions } from './start.ts';

import { DATABASE } from './place.ts';

interface Given {
  readonly records: number;
  readonly growing?: boolean;
  /** Between two reads of ten records. */
  readonly everyMs?: number;
  /** Counts how often it was fired. */
  readonly fired?: { times: number };
}

function timed({ records, growing = false, everyMs = 1, fired = { times: 0 } }: Given): Pipeline {
  return pipeline('timed', {
    source: arraySource<Item>([items(0, records)], { batch: 10, growing, everyMs }),
    state: { waits: waiting(fired) },
    process: ({ id }) => ({ id }),
    sink: tableSink(),
    commit: { records: 20, every: '5ms' },
    archive: 'never',
  });
}

/** State in which something waits for time. */
function waiting(fired: { times: number }): StateDefinition<null> {
  return {
    kind: 'waiting',
    schema: null,
    create: () => ({
      handle: null,
      load: () => {},
      changes: () => [],
      markCommitted: () => {},
      pieces: () => [],
      fireAll: () => void (fired.times += 1),
    }),
  };
}

async function start(t: TestContext, defined: Pipeline, options: RunOptions = {}): Promise<RunningPipeline> {
  const quiet = { ownsProcess: false, log: false, control: false } as const;
  const running = await startPipeline(defined, { ...quiet, stateDir: await temporaryDirectory(t), ...options });
  await until(() => (running.progress()?.records ?? 0) > 0, 'records');
  return running;
}

/** Events of the newest epoch, and records. */
function ended({ directory }: RunningPipeline): { events: unknown[]; records: number } {
  const database = openSqliteForReading(join(directory, DATABASE));
  const [row] = newestEpochs(database, 1);
  database.close();
  return { events: JSON.parse(row!.manifest).events, records: row!.records };
}

const stage = ({ stages }: Report, name: string): Report['stages'][number] =>
  stages.find((record) => record.name === name)!;

test('a source that has an end is read to it first; then what waits is fired, once, and the end is marked', async (t) => {
  const fired = { times: 0 };
  const running = await start(t, timed({ records: 300, fired }), { grace: '60s' });
  const report = await running.unit.stop({ mode: 'drain' });
  assert.deepEqual([report.outcome, report.exitCode, report.cause.kind], ['clean', 0, 'api']);
  assert.deepEqual([report.work.accepted, report.work.finished], [300, 300]);
  assert.equal(fired.times, 1);
  assert.deepEqual(ended(running), { events: [{ event: 'drained' }], records: 300 });
});

test('an endless source is at its end where it is', async (t) => {
  const fired = { times: 0 };
  const running = await start(t, timed({ records: 5_000, growing: true, everyMs: 5, fired }), { grace: '60s' });
  const report = await running.unit.stop({ mode: 'drain' });
  assert.deepEqual([report.outcome, report.exitCode, fired.times], ['clean', 0, 1]);
  const { events, records } = ended(running);
  assert.deepEqual(events, [{ event: 'drained' }]);
  assert.ok(records < 5_000, `${records} records`);
});

test('what is not read by its time is said, with the code of a drain that did not finish; nothing is fired or lost', async (t) => {
  const fired = { times: 0 };
  const stateDir = await temporaryDirectory(t);
  const running = await start(t, timed({ records: 2_000, everyMs: 20, fired }), { stateDir, grace: '20s' });
  const report = await running.unit.stop({ mode: 'drain', deadline: '2s' });
  assert.deepEqual([report.outcome, report.exitCode], ['incomplete', 100]);
  assert.deepEqual([stage(report, 'announce').result, stage(report, 'announce').stuck], ['timeout', ['source']]);
  const { events, records } = ended(running);
  assert.match(String(stage(report, 'drain').error), new RegExp(`not read to its end, but up to record ${records}`));
  assert.deepEqual([fired.times, events.length, report.work.returned, report.work.lost], [0, 0, 0, 0]);
  const again = await start(t, timed({ records: 2_000, everyMs: 0 }), { stateDir });
  const rest = await again.ended;
  assert.deepEqual([rest.exitCode, rest.work.finished], [0, 2_000 - records]);
});

test('draining that is given up while the source is read to its end ends the reading, and marks nothing', async (t) => {
  const running = await start(t, timed({ records: 5_000, everyMs: 20 }), { grace: '60s' });
  const over = running.unit.stop({ mode: 'drain' });
  const { records } = running.progress()!;
  await until(() => running.progress()!.records > records + 50, 'records after the stop');
  const node = running.unit as unknown as { dispatch(event: { type: 'forced' }): void };
  node.dispatch({ type: 'forced' });
  const report = await over;
  assert.ok(report.work.finished < 5_000);
  assert.deepEqual(ended(running).events, []);
});

test('while records are parked the end is not marked: they belong to it', async (t) => {
  const source = arraySource<Item>([items(0, 20)], { growing: true });
  const stateDir = await temporaryDirectory(t);
  const running = await start(t, branching(source, { every: '5ms' }), { grace: '20s', control: true, stateDir });
  await (await controlOf(stateDir, 'branching')).stop({ scope: 'part:audit' }, 20_000);
  source.grow(0, items(20, 50));
  await until(() => running.progress()!.records === 50, 'all records');
  const report = await running.unit.stop({ mode: 'drain' });
  assert.deepEqual([report.outcome, report.exitCode], ['incomplete', 100]);
  assert.match(String(stage(report, 'drain').error), /records are parked \(30 for part:audit\)/);
  assert.deepEqual(ended(running).events, []);
});
