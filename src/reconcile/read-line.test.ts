import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readFlat, type FlatValue } from './flat-line.ts';
import { DEFAULT_MAP, OTHER, readLine, readText } from './read-line.ts';
import { readTime } from './read-time.ts';

const SLOTS = new Map([
  ['a', 0],
  ['task_id', 1],
  ['é', 2],
]);

test('what the short way takes is what JSON.parse gives; everything else it leaves', () => {
  const key = fc.oneof(fc.constantFrom('a', 'task_id', 'é', 'b', '"', '\\', ''), fc.string());
  const value = fc.oneof(fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.jsonValue());
  const written = fc.tuple(fc.dictionary(key, value), fc.constantFrom(undefined, 1)).map(([object, indent]) => {
    return JSON.stringify(object, null, indent).replaceAll('\n', indent === undefined ? '\n' : ' ');
  });
  const spoilt = fc
    .tuple(written, fc.nat(), fc.constantFrom('', ',', '"', '{', '}', ' ', '\u0001', '1', 'x'))
    .map(
      ([text, place, what]) =>
        text.slice(0, place % (text.length + 1)) + what + text.slice((place % (text.length + 1)) + 1),
    );
  let taken = 0;
  fc.assert(
    fc.property(fc.oneof(written, spoilt), (text) => {
      const values: (FlatValue | undefined)[] = [undefined, undefined, undefined];
      if (!readFlat(text, SLOTS, values)) return;
      taken++;
      const whole = JSON.parse(text) as Record<string, unknown>;
      for (const [name, index] of SLOTS) {
        assert.deepEqual(values[index], Object.hasOwn(whole, name) ? whole[name] : undefined, `${name} of ${text}`);
      }
    }),
    { numRuns: 20_000 },
  );
  assert(taken > 2_000, `only ${taken} were taken`);
});

test('times in their usual form, and in every other that Date.parse takes, are the same instants', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), fc.nat(9), (date, digits) => {
      const text = date
        .toISOString()
        .replace('Z', '')
        .slice(0, 20 + digits);
      for (const form of [`${text.replace(/\.$/, '')}Z`, date.toISOString(), date.toUTCString()]) {
        assert.equal(readTime(form), Date.parse(form), form);
      }
    }),
    { numRuns: 5_000 },
  );
  for (const text of [
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-27T24:00:00Z',
    '2026-11-27 10:00',
    'x',
    '',
  ]) {
    assert.equal(readTime(text), Date.parse(text), text);
  }
  assert.equal(readTime('2026-11-27T10:00:00.123456789Z'), Date.parse('2026-11-27T10:00:00.123Z'));
});

test('a line is about a task if it has an id and a state that is known', () => {
  const read = (value: unknown): unknown => readText(JSON.stringify(value), DEFAULT_MAP);
  const time = '2026-11-27T10:00:00Z';
  for (const value of [{}, [], 7, null, { task_id: 'a' }, { task_id: 'a', status: 'paused' }, { status: 'started' }]) {
    assert.equal(read(value), OTHER);
    assert.equal(readLine(value, DEFAULT_MAP), OTHER);
  }
  const whole = {
    time,
    task_id: 'a',
    status: 'started',
    attempt: 2,
    node_ip: '10.0.0.1',
    job_id: 'j',
    idempotent: false,
  };
  const line = read({ ...whole, payload_ref: 'x', more: { nested: [1] } });
  assert.deepEqual(line, readLine({ ...whole, payload_ref: 'x' }, DEFAULT_MAP));
  assert.deepEqual(line, {
    taskId: 'a',
    status: 'started',
    timeMs: Date.parse(time),
    attempt: 2,
    node: '10.0.0.1',
    job: 'j',
    idempotent: false,
    payloadRef: 'x',
  });
});

test('a line about a task that cannot be used says why', () => {
  const problem = (rest: object): void => {
    readText(JSON.stringify({ time: '2026-11-27T10:00:00Z', task_id: 'a', status: 'started', ...rest }), DEFAULT_MAP);
  };
  assert.throws(() => problem({ time: undefined }), /time is missing/);
  assert.throws(() => problem({ time: 'yesterday' }), /time is "yesterday", which is no time/);
  assert.throws(() => problem({ attempt: 0 }), /attempt is 0, which is no number from 1/);
  assert.throws(() => problem({ task_id: '' }), /the task id is empty/);
  assert.throws(() => problem({ task_id: 'x'.repeat(2_000) }), /more than 1024 characters/);
  assert.throws(() => problem({ node_ip: { a: 1 } }), /node_ip is no text/);
});
