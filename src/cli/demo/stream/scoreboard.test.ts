import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../../base/random.ts';
import { Scoreboard } from './scoreboard.ts';

function stream(count: number): { p: number; y: boolean }[] {
  const random = new SeededRandom(7);
  return Array.from({ length: count }, () => {
    const p = random.next();
    return { p, y: random.next() < p };
  });
}

test('the loss of the model and of the running base rate follow their definitions', () => {
  const board = new Scoreboard(100);
  board.add(0.8, true); // base rate before: 1/2
  board.add(0.8, false); // 2/3
  const { logLoss, baselineLogLoss, records } = board.score();
  assert.equal(records, 2);
  assert(Math.abs(logLoss - (-Math.log(0.8) - Math.log(0.2)) / 2) < 1e-12);
  assert(Math.abs(baselineLogLoss - (-Math.log(1 / 2) - Math.log(1 / 3)) / 2) < 1e-12);
});

test('a certain and wrong prediction costs much, but not everything', () => {
  const board = new Scoreboard(10);
  board.add(1, false);
  assert(Number.isFinite(board.score().logLoss));
});

test('taken back and fed again it says bit for bit what an undisturbed one says', () => {
  const records = stream(1_000);
  const calm = new Scoreboard(100);
  const disturbed = new Scoreboard(100);
  for (const { p, y } of records) calm.add(p, y);
  for (const { p, y } of records.slice(0, 730)) disturbed.add(p, y);
  const from = disturbed.rewind(455);
  assert.equal(from, 400);
  for (const { p, y } of records.slice(from)) disturbed.add(p, y);
  assert.deepEqual(disturbed.score(), calm.score());
  assert.deepEqual(disturbed.curve(), calm.curve());
});

test('the curve has a point per mark and one for the rest', () => {
  const board = new Scoreboard(100);
  for (const { p, y } of stream(250)) board.add(p, y);
  assert.deepEqual(
    board.curve().map(({ records }) => records),
    [100, 200, 250],
  );
});
