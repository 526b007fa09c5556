import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutput, type Output } from './output.ts';
import { describeProgress, progressLine } from './progress.ts';

function outputTo(lines: string[], isTTY: boolean): Output {
  const stream = { isTTY, columns: 60, write: (text: string) => lines.push(text) } as unknown as NodeJS.WritableStream;
  return createOutput('people', { stdout: stream, stderr: stream, environment: {} });
}

test('without a terminal progress is a plain line every two seconds', () => {
  const written: string[] = [];
  let now = 0;
  const line = progressLine(outputTo(written, false), () => now);
  for (; now < 5_000; now += 100) line.show(`${now}`);
  line.end();
  assert.deepEqual(written, ['0\n', '2000\n', '4000\n']);
});

test('on a terminal the line redraws itself, gives way to what is said, and is gone at the end', () => {
  const written: string[] = [];
  let now = 0;
  const line = progressLine(outputTo(written, true), () => now);
  line.show('a'.repeat(100));
  now = 200;
  line.say('said');
  line.show('b');
  line.end();
  line.end();
  assert.deepEqual(written, [`\r\u001b[2K${'a'.repeat(59)}`, '\r\u001b[2K', 'said\n', '\r\u001b[2Kb', '\r\u001b[2K']);
});

test('progress is told with share, rate and time left, as far as they are known', () => {
  assert.equal(
    describeProgress(1_620_000, 3_000_000, 600_000, 'records'),
    '[█████████████           ]  54 %  1,620,000 of 3,000,000 records  600,000/s  2.3 s left',
  );
  assert.equal(describeProgress(12, null, 4, 'records'), '12 records  4/s');
  assert.doesNotMatch(describeProgress(10, 10, 4, 'records'), /left/);
});

test('a terminal without a size is taken for one of 80 columns', () => {
  const sized = (columns: number) => {
    const stream = { isTTY: true, columns, write: () => true } as unknown as NodeJS.WritableStream;
    return createOutput('people', { stdout: stream, stderr: stream, environment: {} }).columns;
  };
  assert.deepEqual([0, 60, 500].map(sized), [80, 60, 120]);
});

test('colour is for terminals only, and NO_COLOR is respected', () => {
  const stream = { isTTY: true, write: () => true } as unknown as NodeJS.WritableStream;
  const paint = (environment: Record<string, string>, isTTY: boolean) =>
    createOutput('people', { stdout: Object.assign(stream, { isTTY }), stderr: stream, environment }).paint('red', 'x');
  assert.equal(paint({}, true), '\u001b[31mx\u001b[39m');
  assert.equal(paint({ NO_COLOR: '1' }, true), 'x');
  assert.equal(paint({ TERM: 'dumb' }, true), 'x');
  assert.equal(paint({}, false), 'x');
});
