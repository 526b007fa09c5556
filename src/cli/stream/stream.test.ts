// `stream run` and `verify`, on the flights example with few records.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Ended, lastcall } from '../testing/invoke.ts';

const PIPELINE = fileURLToPath(new URL('../../../examples/flights/pipeline.ts', import.meta.url));
const BIN = fileURLToPath(new URL('../../../bin/lastcall.js', import.meta.url));

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lastcall-stream-'));
});
after(() => rm(directory, { recursive: true, force: true }));

const run = (stateDir: string, records: number, ...words: string[]): Promise<Ended> =>
  lastcall(['stream', 'run', PIPELINE, '--state-dir', stateDir, ...words], {
    environment: { FLIGHTS_RECORDS: String(records) },
  });

const linesOf = ({ stdout }: Ended): Record<string, unknown>[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('a pipeline runs to the end of its source, and the next run goes on where it ended', async () => {
  const stateDir = join(directory, 'twice');
  const first = await run(stateDir, 3_000, '--json');
  assert.equal(first.code, 0, first.stderr);
  const last = linesOf(first).at(-1) as { event: string; report: { work: { finished: number } } };
  assert.equal(last.event, 'ended');
  assert.equal(last.report.work.finished, 3_000);
  const second = await run(stateDir, 5_000);
  assert.equal(second.code, 0, second.stderr);
  assert.match(second.stdout, /^flights \(pipeline\)/);
  assert.match(second.stdout, /2,000 records accepted = 2,000 finished/);

  const verified = await lastcall(['verify', stateDir]);
  assert.equal(verified.code, 0);
  assert.match(verified.stdout, /holds 5,000 records of flights/);
});

test('settings reach the unit: the grace of an argument is the budget of the ending', async () => {
  const ended = linesOf(await run(join(directory, 'grace'), 1_000, '--json', '--grace', '4s')).at(-1)!;
  assert.equal((ended['report'] as { budget: { totalMs: number } }).budget.totalMs, 4_000);
});

test('a module that is not there, exports no pipeline, or throws is refused with the reason', async () => {
  const file = join(directory, 'module.mjs');
  const refused = async (text: string) => {
    await writeFile(file, text);
    return lastcall(['stream', 'run', file, '--state-dir', directory]);
  };
  const absent = await lastcall(['stream', 'run', join(directory, 'none.ts')]);
  assert.deepEqual([absent.code, /no such file/.test(absent.stderr)], [2, true]);
  const empty = await refused('export const x = 1;');
  assert.deepEqual([empty.code, /not a pipeline/.test(empty.stderr)], [2, true]);
  const throwing = await refused('throw new Error("no data today");');
  assert.deepEqual([throwing.code, /no data today/.test(throwing.stderr)], [1, true]);
  assert.doesNotMatch(throwing.stderr, /\n\s+at /);
});

test('verify refuses a damaged state with 106, and a place without a state with a message', async () => {
  const stateDir = join(directory, 'damaged');
  assert.equal((await run(stateDir, 1_000)).code, 0);
  const database = join(stateDir, 'pipelines', 'flights', 'state.db');
  await writeFile(database, (await readFile(database)).subarray(0, 20_000));
  const { code, stdout } = await lastcall(['verify', join(stateDir, 'pipelines', 'flights'), '--json']);
  assert.equal(code, 106);
  const verdict = JSON.parse(stdout);
  assert.equal(verdict.usable, false);
  const nothing = await lastcall(['verify', directory]);
  assert.deepEqual([nothing.code, /no state here/.test(nothing.stderr)], [1, true]);
});

test('verify against a pipeline also looks at its source', async () => {
  const stateDir = join(directory, 'against');
  assert.equal((await run(stateDir, 1_000)).code, 0);
  const { code, stdout } = await lastcall(['verify', stateDir, '--pipeline', PIPELINE, '--json']);
  assert.equal(code, 0);
  const { checks } = JSON.parse(stdout) as { checks: { name: string; result: string }[] };
  for (const name of ['topology', 'source']) assert.equal(checks.find((check) => check.name === name)?.result, 'ok');
});

test('a run that was started with an IPC channel ends by its stages when the channel closes', async () => {
  const child = spawn(
    process.execPath,
    [BIN, 'stream', 'run', PIPELINE, '--json', '--state-dir', join(directory, 'ipc')],
    {
      env: { ...process.env, FLIGHTS_PER_SECOND: '1000' },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  let text = '';
  const ready = Promise.withResolvers<void>();
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.includes('"event":"ready"')) ready.resolve();
  });
  const exited = once(child, 'exit');
  const ended = once(child.stdout!, 'end');
  await ready.promise;
  child.disconnect();
  const [code] = await exited;
  await ended;
  assert.equal(code, 0);
  assert.match(text, /"event":"stopping".*SIGTERM/);
});

test('a running pipeline is seen, frozen, thawed, checkpointed and stopped by the other commands', async () => {
  const stateDir = join(directory, 'steered');
  const child = spawn(process.execPath, [BIN, 'stream', 'run', PIPELINE, '--state-dir', stateDir], {
    env: { ...process.env, FLIGHTS_PER_SECOND: '1000' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  let log = '';
  const ready = Promise.withResolvers<void>();
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk;
    if (log.includes('"event":"ready"')) ready.resolve();
  });
  await ready.promise;
  const ask = (...words: string[]) => lastcall([...words, '--state-dir', stateDir]);
  try {
    assert.match((await ask('ps')).stdout, /flights +pipeline +ready/);
    assert.equal((await ask('freeze', 'flights', 'delay')).code, 0);
    const frozen = JSON.parse((await ask('status', 'flights', '--json')).stdout);
    assert.equal(frozen.details.models.delay.frozen, true);
    assert.equal((await ask('thaw', 'flights', 'delay')).code, 0);
    const checkpoint = await ask('checkpoint', 'flights');
    assert.match(checkpoint.stdout, /^ckpt_\w+, verified\n$/, checkpoint.stderr);
    assert.match((await ask('freeze', 'flights', 'dealy')).stderr, /Its models are delay/);
  } finally {
    const stopped = await ask('stop', 'flights');
    assert.match(stopped.stdout, /exit code 0/, stopped.stderr);
    assert.deepEqual(await closed, [0, null]);
  }
});

test('inspect shows a state, and replay does it again and finds the same bits', async () => {
  const stateDir = join(directory, 'inspected');
  assert.equal((await run(stateDir, 3_000)).code, 0);
  const shown = await lastcall(['stream', 'inspect', stateDir]);
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /flights: 3,000 records, 3,000 outputs, epoch/);
  assert.match(shown.stdout, /departures \(sliding-count\): .* keys; .* records within 2 h of /);
  assert.match(shown.stdout, /delay \(online-logistic\): .*; version 1/);
  const found = JSON.parse((await lastcall(['stream', 'inspect', stateDir, '--top', '1', '--json'])).stdout);
  assert.deepEqual([found.records, found.states[0].top.length], [3_000, 1]);

  const into = join(directory, 'replayed');
  const again = (...words: string[]) =>
    lastcall(['stream', 'replay', PIPELINE, '--state-dir', stateDir, ...words], {
      environment: { FLIGHTS_RECORDS: '3000' },
    });
  const whole = await again('--from', 'start', '--into', into);
  assert.deepEqual([whole.code, whole.stderr.includes('error')], [0, false], whole.stderr);
  assert.match(whole.stdout, /It is the state of epoch \d+, bit for bit\./);
  assert.equal((await again('--into', into)).code, 2, 'the directory is not empty');
  const part = JSON.parse((await again('--to', '0@0:1234', '--into', join(directory, 'part'), '--json')).stdout);
  assert.deepEqual(part.to, { records: 1_234, positions: ['0:1234'] });
  assert.match((await again()).stderr, /not said where the result goes/);
  assert.match((await again('--from', 'ckpt_none', '--into', join(directory, 'n'))).stderr, /no such checkpoint/);
});
