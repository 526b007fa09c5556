import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';

import { LastcallError } from '../errors.ts';
import { fileError } from './file-error.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: something`), { code });
}

test('a full disk and a used-up quota are disk_full; other failures of the system are io', () => {
  const codes = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EACCES', 'EMFILE', 'ENAMETOOLONG', 'ENOENT'];
  const errors = codes.map((code) => fileError(systemError(code), '/state/report'));
  assert.deepEqual(
    errors.map((error) => error instanceof LastcallError && error.code),
    ['disk_full', 'disk_full', 'io', 'io', 'io', 'io', 'io', 'not_found'],
  );
  for (const error of errors) {
    assert.match(String(error), /\/state\/report: .+\. .+\.$/);
    assert.ok(error instanceof LastcallError && error.cause instanceof Error);
  }
});

test('the real system says the same of a device that is always full', (context) => {
  if (!fs.existsSync('/dev/full')) return context.skip('there is no /dev/full');
  try {
    fs.writeFileSync('/dev/full', 'x');
    assert.fail('it took the bytes');
  } catch (error) {
    assert.ok((fileError(error, '/dev/full') as LastcallError).code === 'disk_full');
  }
});

test('our own errors and errors that are not the system’s pass unchanged', () => {
  const ours = new LastcallError('state_refused', { what: 'refused', todo: 'Look.' });
  for (const error of [ours, new Error('plain'), 'text', undefined, systemError('ERR_INVALID_ARG_TYPE')]) {
    assert.equal(fileError(error, '/x'), error);
  }
});
