import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { LastcallError } from '../errors.ts';
import { HighWaterMark } from './high-water-mark.ts';
import { systemFiles } from './system-files.ts';
import { failingFrom, failingOnce, observedFiles } from './testing/observed-files.ts';
import { powerLossTrials } from './testing/power-loss.ts';
import { SimulatedDisk } from './testing/simulated-disk.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

test('a mark starts at 0, grows, and is found again', async (context) => {
  const path = join(temporaryDirectory(context), 'mark');
  assert.equal(await HighWaterMark.read(path), null);
  {
    await using mark = await HighWaterMark.open(path);
    assert.equal(mark.value, 0);
    for (const value of [1, 2, 3, 3, 2 ** 40]) await mark.raise(value);
    assert.equal(mark.value, 2 ** 40);
  }
  assert.equal(await HighWaterMark.read(path), 2 ** 40);
  await using again = await HighWaterMark.open(path);
  assert.equal(again.value, 2 ** 40);
  await assert.rejects(again.raise(7), /raised from/);
  assert.equal(fs.statSync(path).mode & 0o777, 0o600);
});

test('raises that are not awaited one by one are written together', async () => {
  const disk = new SimulatedDisk(1);
  let syncs = 0;
  const files = observedFiles(disk, ({ name }) => {
    if (name === 'sync') syncs += 1;
  });
  await using mark = await HighWaterMark.open('/mark', files);
  syncs = 0;
  await Promise.all(Array.from({ length: 100 }, (_, index) => mark.raise(index + 1)));
  assert.equal(mark.value, 100);
  assert.ok(syncs <= 2, `${syncs} fsyncs`);
});

test('after a failed write the mark tells its last durable value and refuses to go on', async () => {
  const disk = new SimulatedDisk(1);
  let fail = false;
  const files = observedFiles(disk, ({ name }) => {
    if (fail && name === 'sync') throw Object.assign(new Error('bad sector'), { code: 'EIO' });
  });
  await using mark = await HighWaterMark.open('/mark', files);
  await mark.raise(1);
  fail = true;
  const raising = [mark.raise(2), mark.raise(3)];
  for (const raised of raising)
    await assert.rejects(raised, (error) => error instanceof LastcallError && error.code === 'io');
  fail = false;
  await assert.rejects(mark.raise(4), LastcallError);
  assert.equal(mark.value, 1);
});

test('any damage to one slot falls back to the other, and damage to both is refused', async (context) => {
  const path = join(temporaryDirectory(context), 'mark');
  {
    await using mark = await HighWaterMark.open(path);
    await mark.raise(41);
    await mark.raise(42);
  }
  const content = fs.readFileSync(path);
  for (let bit = 0; bit < 96; bit++) {
    for (const slot of [0, 4_096]) {
      const damaged = Buffer.from(content);
      damaged[slot + (bit >> 3)]! ^= 1 << (bit & 7);
      fs.writeFileSync(path, damaged);
      assert.equal(await HighWaterMark.read(path), slot === 0 ? 41 : 42, `bit ${bit} of ${slot}`);
    }
  }
  for (const ruined of [Buffer.alloc(8_192), content.subarray(0, 5), Buffer.alloc(0)]) {
    fs.writeFileSync(path, ruined);
    await assert.rejects(HighWaterMark.open(path), (error) => error instanceof LastcallError && error.exitCode === 106);
  }
});

test('whichever step fails, the mark is never above what was asked for nor below what was durable', async (context) => {
  const path = join(temporaryDirectory(context), 'mark');
  const counted = observedFiles(systemFiles, () => {});
  await raiseToFive(path, counted, () => {});
  for (const failing of [failingOnce, failingFrom]) {
    for (let step = 1; step < counted.steps; step++) {
      fs.rmSync(path, { force: true });
      let durable = 0;
      await assert.rejects(raiseToFive(path, failing(systemFiles, step, 'EIO'), (value) => (durable = value)));
      const found = (await HighWaterMark.read(path)) ?? 0;
      assert.ok(found >= durable && found <= durable + 1, `step ${step}: ${found} for ${durable}`);
    }
  }
});

test('over power loss the mark is what was durable, or the next', async (context) => {
  const trials = await powerLossTrials(80, {
    prepare: () => {},
    act: (disk) => raiseToFive('/mark', disk, (value) => reached.set(disk, value)),
    check: async (disk, { returned }) => {
      const durable = reached.get(disk) ?? 0;
      const found = (await HighWaterMark.read('/mark', disk)) ?? 0;
      assert.ok(found >= durable && found <= durable + 1, `${found} for ${durable}`);
      assert.ok(!returned || found === 5);
    },
  });
  context.diagnostic(`${trials} power losses`);
});

/** How far each simulated disk's mark was raised. */
const reached = new WeakMap<SimulatedDisk, number>();

async function raiseToFive(path: string, files: typeof systemFiles, durable: (value: number) => void): Promise<void> {
  await using mark = await HighWaterMark.open(path, files);
  for (let value = 1; value <= 5; value++) {
    await mark.raise(value);
    durable(value);
  }
}
