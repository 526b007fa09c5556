import assert from 'node:assert/strict';
import { test } from 'node:test';

import { worstCode } from './worst-code.ts';

test('a process exits with the code of its units that somebody has to know of first', () => {
  assert.equal(worstCode([]), 0);
  assert.equal(worstCode([0, 0]), 0);
  assert.equal(worstCode([0, 100, 103]), 100);
  assert.equal(worstCode([100, 101, 107]), 107);
  assert.equal(worstCode([101, 3, 0]), 3);
});
