import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Children } from './children.ts';

const PIPELINE = fileURLToPath(new URL('../../../../examples/flights/pipeline.ts', import.meta.url));

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lastcall-children-'));
});
after(() => rm(directory, { recursive: true, force: true }));

const start = (children: Children, name: string) =>
  children.start(['stream', 'run', PIPELINE, '--json', '--state-dir', join(directory, name)], {
    FLIGHTS_PER_SECOND: '1000',
  });

test('a child that fails before it is at work says what it said', async () => {
  const child = new Children(directory).start(['stream', 'run', 'nowhere.ts', '--json']);
  await assert.rejects(child.ready, /there is no such file/);
  assert.equal((await child.ended).code, 2);
});

test('the end of all children is by their stages, and afterwards none can be started', async () => {
  const children = new Children(directory);
  const running = [start(children, 'a'), start(children, 'b')];
  await Promise.all(running.map((child) => child.ready));
  assert.equal(children.alive, 2);
  await children.end(new AbortController().signal);
  assert.equal(children.alive, 0);
  for (const child of running) assert.equal(child.report()?.outcome, 'clean');
  assert.throws(() => start(children, 'c'), /ending/);
});

test('children are killed when there is no time left', async () => {
  const children = new Children(directory);
  const child = start(children, 'd');
  await child.ready;
  await children.end(AbortSignal.abort());
  assert.equal((await child.ended).signal, 'SIGKILL');
});

test('settings of the user do not reach the runs', async () => {
  const before = process.env['LASTCALL_HEALTH_PORT'];
  process.env['LASTCALL_HEALTH_PORT'] = 'no port at all';
  try {
    const children = new Children(directory);
    const child = start(children, 'e');
    await child.ready;
    await children.end(new AbortController().signal);
  } finally {
    if (before === undefined) delete process.env['LASTCALL_HEALTH_PORT'];
    else process.env['LASTCALL_HEALTH_PORT'] = before;
  }
});
