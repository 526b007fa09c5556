// The log, and that nothing of it is lost at exit: real processes with a reader that is slower than they are.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, test } from 'node:test';

import { pino } from 'pino';

import { flushPino } from './log-pino.ts';
import { addFlusher, createLog, flushOutputs } from './log.ts';

const WRITER = fileURLToPath(new URL('testing/write-a-mebibyte.ts', import.meta.url));
const LINES = 8_192;

/** Runs the writer and reads what it writes in small bites with pauses between them. */
async function readSlowly(...args: string[]): Promise<{ end: string | number; lines: number[] }> {
  const child = spawn(process.execPath, [WRITER, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  let text = '';
  child.stdout.setEncoding('utf8');
  for await (const chunk of child.stdout.iterator() as AsyncIterable<string>) {
    text += chunk;
    // Slow on purpose: the pipe is full whenever the writer looks.
    await pause(1);
  }
  const [code, signal] = (await exit) as [number | null, string | null];
  const lines = text.split('\n').filter((line) => line.endsWith('}'));
  return { end: signal ?? code ?? '', lines: lines.map((line) => (JSON.parse(line) as { line: number }).line) };
}

const ALL = Array.from({ length: LINES }, (_, line) => line);

describe('1 MiB through a slow pipe', { concurrency: 3 }, () => {
  for (const how of ['stdout', 'sync', 'async', 'buffered', 'transport']) {
    test(`arrives whole from ${how === 'stdout' ? 'plain stdout' : `pino (${how})`}`, async () => {
      const { end, lines } = await readSlowly(how, 'flush');
      assert.equal(end, how === 'stdout' ? 0 : 'SIGKILL');
      assert.deepEqual(lines, ALL);
    });
  }

  for (const how of ['stdout', 'async', 'buffered', 'transport']) {
    test(`loses lines of ${how} without a flush`, async () => {
      const { lines } = await readSlowly(how, 'none');
      assert.ok(lines.length < LINES, `${lines.length} lines arrived`);
    });
  }
});

test('lines that nobody reads are counted instead of filling the memory, and the count is told', async () => {
  const program = `
    import { createLog, flushOutputs } from '${new URL('log.ts', import.meta.url).href}';
    const log = createLog({ unit: 'api', instance: 'unit_1' });
    for (let line = 0; line < 60_000; line++) log('line', { fill: 'x'.repeat(100) });
    await flushOutputs(30_000);
    log('last');
    await flushOutputs(30_000);
    process.exit(0);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  for await (const chunk of child.stderr) text += String(chunk);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; lines?: number });
  const dropped = lines.find((line) => line.event === 'log_dropped')?.lines ?? 0;
  assert.ok(dropped > 0);
  assert.equal(lines.filter((line) => line.event === 'line').length + dropped, 60_000);
  assert.equal(lines.at(-1)?.event, 'last');
});

test('a log whose reader has gone does not end the program', async () => {
  const program = `
    import { createLog, flushOutputs } from '${new URL('log.ts', import.meta.url).href}';
    const log = createLog({ unit: 'api', instance: 'unit_1' });
    process.stdin.once('end', async () => {
      for (let line = 0; line < 1_000; line++) log('line', { fill: 'x'.repeat(1_000) });
      await flushOutputs(30_000);
      process.exit(7);
    }).resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'ignore', 'pipe'] });
  child.stderr.destroy();
  await once(child.stderr, 'close');
  child.stdin.end();
  assert.deepEqual(await once(child, 'exit'), [7, null]);
});

test('a line carries time, event, unit and instance before its fields', () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ unit: 'api', instance: 'unit_1', sink: (line) => lines.push(line) });
  log('ready');
  log('stage_ended', { stage: 'drain', tookMs: 3 });
  assert.deepEqual(Object.keys(lines[1]!), ['time', 'event', 'unit', 'instance', 'stage', 'tookMs']);
  assert.match(String(lines[0]!['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(
    { ...lines[1], time: '' },
    { time: '', event: 'stage_ended', unit: 'api', instance: 'unit_1', stage: 'drain', tookMs: 3 },
  );
});

test('a log that nobody wants writes nothing', () => {
  createLog({ unit: 'api', instance: 'unit_1', sink: false })('ready');
});

test('a flush ends at its bound when a logger never finishes', async () => {
  const remove = addFlusher(() => new Promise(() => {}));
  try {
    assert.equal((await flushOutputs(20)).complete, false);
  } finally {
    remove();
  }
  assert.equal((await flushOutputs(10_000)).complete, true);
});

test('a logger that fails to flush does not keep the others from it', async () => {
  let flushed = false;
  const removers = [
    addFlusher(() => Promise.reject(new Error('broken'))),
    addFlusher(async () => {
      flushed = true;
    }),
  ];
  const { complete } = await flushOutputs(10_000);
  for (const remove of removers) remove();
  assert.ok(complete && flushed);
});

test('the destination of a pino logger is found, also of a child; anything else is refused with a hint', () => {
  const logger = pino({}, pino.destination({ dest: 1, sync: false }));
  assert.ok(flushPino(logger));
  assert.ok(flushPino(logger.child({ part: 'a' })));
  assert.ok(flushPino(pino(pino.multistream([{ stream: process.stdout }]))));
  assert.throws(() => flushPino({}), { code: 'usage', message: /Pass what pino\(\)/ });
});
