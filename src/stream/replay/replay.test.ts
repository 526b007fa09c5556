import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { writeArchive } from '../archive/write.ts';
import { inspectState } from '../inspect/inspect-state.ts';
import { openSqliteForReading } from '../../store/index.ts';
import { startPipeline } from '../engines/embedded/start.ts';
import type { Pipeline } from '../pipeline.ts';
import { receiver } from '../sinks/http/testing.ts';
import { http } from '../sinks/index.ts';
import { arraySource } from '../testdata/array-source.ts';
import { branching, items } from '../testing/branching.ts';
import type { Item } from '../testing/branching.ts';
import { run } from '../testing/branching-run.ts';
import { counting, events } from '../testing/counting.ts';
import { open, runToEnd, temporaryDirectory } from '../testing/engine.ts';
import { fingerprint } from '../testing/files.ts';
import { checkpointBefore } from './history.ts';
import { replay } from './replay.ts';
import type { Replayed } from './replay.ts';
import { parseTarget } from './target.ts';

const EVENTS = events(9_000, 13_000);
const never = new AbortController().signal;
const defined = (given = {}): Pipeline => counting(EVENTS, { records: 700, batch: 300, ...given });

/** SHA-256 of all state. */
function piecesIn(directory: string): string {
  const database = openSqliteForReading(join(directory, 'state.db'));
  const hash = createHash('sha256');
  for (const row of database.prepare('SELECT * FROM lastcall_piece ORDER BY slot, key').iterate()) {
    hash.update(JSON.stringify([row['slot'], row['key'], row['checksum']])).update(row['value'] as Uint8Array);
  }
  database.close();
  return hash.digest('hex');
}

/** A life of two partitions, with an archive near the middle. */
async function lived(t: TestContext): Promise<{ directory: string; archive: string; archived: number }> {
  const directory = await temporaryDirectory(t);
  {
    await using opened = await open(defined(), directory);
    opened.epochs.onCommit(() => {
      if (opened.epochs.committed.row.records > 8_000) opened.engine.pause();
    });
    await opened.engine.run();
    await opened.engine.commitLast('suspend', never);
  }
  const { id, records } = await writeArchive({ directory, pipeline: 'counting', nowMs: 1_000, signal: never });
  await runToEnd(defined(), directory);
  return { directory, archive: join(directory, 'archives', id), archived: records };
}

async function again(
  t: TestContext,
  directory: string,
  request: { pipeline?: Pipeline; from: string | null; to: string },
): Promise<Replayed> {
  const into = join(await temporaryDirectory(t), 'into');
  return replay(request.pipeline ?? defined(), {
    directory,
    from: request.from,
    target: parseTarget(request.to),
    into,
  });
}

test('from an archive or the very beginning to the end the same bits come out, and the state is only read', async (t) => {
  const { directory, archive } = await lived(t);
  const before = fingerprint(directory);
  for (const from of [archive, null]) {
    const replayed = await again(t, directory, { from, to: 'end' });
    assert.deepEqual([replayed.to.records, replayed.compared?.differences], [22_000, []]);
    assert.equal(piecesIn(replayed.path), piecesIn(directory));
    assert.equal(replayed.outputs, 22_000);
  }
  assert.deepEqual(fingerprint(directory), before);
});

test('at any epoch that is remembered the state is the one of that epoch', async (t) => {
  const { directory, archive, archived } = await lived(t);
  const last = inspectState(directory).epoch;
  for (const epoch of [2, last - 3, last - 1]) {
    const { compared, to } = await again(t, directory, { from: null, to: `epoch:${epoch}` });
    assert.deepEqual(compared, { epoch, differences: [] }, `${to.records} records`);
  }
  const { from, to, compared } = await again(t, directory, { from: archive, to: String(archived + 123) });
  assert.deepEqual([from.records, to.records, compared], [archived, archived + 123, null]);
});

test('a place of one partition is where it stops, to the record', async (t) => {
  const { directory, archive } = await lived(t);
  const { to } = await again(t, directory, { from: archive, to: '1@12345' });
  assert.equal(to.positions[1], '12345');
  // The order of partitions is the one of the whole run: turns of 4,096 records.
  assert.equal(to.positions[0], '9000');
});

test('a step that is not the one it was is told from what it left', async (t) => {
  const { directory, archive } = await lived(t);
  let seen = 0;
  const pipeline = defined();
  const step = pipeline.step as Extract<Pipeline['step'], { per: 'record' }>;
  const changed = {
    ...pipeline,
    step: {
      ...step,
      run: (record: unknown, context: unknown) => ((seen += 1) === 500 ? undefined : step.run(record, context)),
    },
  } as Pipeline;
  const { compared } = await again(t, directory, { pipeline: changed, from: archive, to: 'end' });
  assert.deepEqual(compared?.differences, ['engine.random', 'state.seen', 'outputs']);
});

test('what was stopped, started, frozen and thawed on the way is so again, at the same records', async (t) => {
  const one = await run(t);
  await one.feed(20);
  await one.opened.parts!.stop('part:tally');
  await one.feed(50);
  await one.opened.models.setLearning('price', 'frozen');
  await one.opened.parts!.start('part:tally');
  await one.feed(70);
  await one.opened.models.setLearning('price', 'thawed');
  await one.opened.parts!.stop('part:audit');
  await one.feed(90);
  await one.end();
  const pipeline = branching(arraySource<Item>([items(0, 90)], { growing: true }));
  for (const to of ['end', '60', '20']) {
    const { compared } = await again(t, one.directory, { pipeline, from: null, to });
    if (to === 'end') assert.deepEqual(compared?.differences, []);
    else assert.ok(compared === null || compared.differences.length === 0, JSON.stringify(compared));
  }
});

test('nobody outside is told anything: what would be sent is in a table of the copy', async (t) => {
  const other = await receiver(t);
  const rows = arraySource<Item>([items(0, 30)]);
  const base = branching(rows);
  const sending = { ...base, sink: http<unknown>(other.url, { name: 'outside' }) };
  const stateDir = await temporaryDirectory(t);
  const quiet = { ownsProcess: false, log: false, control: false, stateDir } as const;
  const { directory } = await startPipeline(sending, quiet).then(async (running) => {
    await running.ended;
    return running;
  });
  const { path, compared } = await again(t, directory, { pipeline: sending, from: null, to: 'end' });
  assert.deepEqual([compared?.differences, other.received.length], [[], 30]);
  const database = openSqliteForReading(join(path, 'state.db'));
  const [first] = database.prepare("SELECT * FROM replayed_outputs WHERE sink = 'http:outside'").all();
  database.close();
  assert.deepEqual(
    { ...first },
    {
      sink: 'http:outside',
      partition: 0,
      place: '1',
      ordinal: 0,
      output: '{"id":0,"count":1,"hint":0}',
    },
  );
});

test('what cannot be replayed is refused with the reason, before anything is written', async (t) => {
  const { directory, archive, archived } = await lived(t);
  const refused = async (request: { pipeline?: Pipeline; from: string | null; to: string }, why: RegExp) => {
    await assert.rejects(again(t, directory, request), why);
  };
  await refused({ from: archive, to: '100' }, /the place to go to lies before it/);
  await refused({ from: null, to: 'epoch:100000' }, /epoch 100000 is not remembered/);
  await refused({ from: null, to: '99999' }, /the source has no more after 22000 records/);
  await refused({ pipeline: defined({ seed: 2 }), from: archive, to: 'end' }, /another topology/);
  for (const to of ['', 'tomorrow', '0@', '0@x', 'epoch:', '-5'])
    assert.throws(() => parseTarget(to), /is no place to go to/);
  const taken = await temporaryDirectory(t);
  await runToEnd(defined(), join(taken, 'x'));
  await assert.rejects(
    replay(defined(), { directory, from: null, target: { to: 'end' }, into: taken }),
    /it is not empty/,
  );
  assert.deepEqual(readdirSync(taken), ['x']);
  assert.equal(checkpointBefore(directory, parseTarget('end')), archive);
  assert.equal(checkpointBefore(directory, parseTarget(String(archived))), null);
});
