import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LastcallError, messageOf } from './errors.ts';

const ADVICE = 'Try again.';

test('an error says on which thing, what happened and what to do', () => {
  assert.equal(
    new LastcallError('failed', { on: 'a.ts:7', what: 'no', todo: ADVICE }).message,
    'a.ts:7: no. Try again.',
  );
});

test('a message that is quoted and ends with a full stop does not get another', () => {
  const inner = new LastcallError('io', { on: '/disk', what: 'it is gone', todo: 'Look.' });
  const outer = new LastcallError('failed', { what: `process failed: ${messageOf(inner)}`, todo: ADVICE });
  assert.equal(outer.message, 'process failed: /disk: it is gone. Look. Try again.');
  assert.equal(outer.what, 'process failed: /disk: it is gone. Look');
  assert.equal(new LastcallError('failed', { what: 'wait .. \n', todo: ADVICE }).message, 'wait. Try again.');
  assert.equal(new LastcallError('failed', { what: 'who is it?', todo: ADVICE }).message, 'who is it? Try again.');
});
