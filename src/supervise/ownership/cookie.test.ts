import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { thisProcess } from '../../base/process-identity.ts';
import { type Cookie, fateOfOwner, formatCookie, ownedAttempt, parseCookies, withCookie } from './cookie.ts';

const part = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text.isWellFormed());
const cookie = fc.record({ storeId: part, unit: part, attempt: part }, { noNullPrototype: true });

test('whatever a unit is called, its cookie is read as it was written, nested to any depth', () => {
  fc.assert(
    fc.property(fc.array(cookie, { minLength: 1, maxLength: 4 }), (cookies: Cookie[]) => {
      const environment = cookies.reduce<NodeJS.ProcessEnv>((outside, own) => withCookie(outside, own), {});
      assert.deepEqual(parseCookies(environment['LASTCALL_UNIT']!), cookies);
    }),
  );
});

test('what somebody else put into the variable is no cookie, and hides none', () => {
  const own = { storeId: 's', unit: 'u', attempt: '1' };
  assert.deepEqual(parseCookies(`1;;a/b;%zz/b/c;//;${formatCookie(own)};a/b/c/d`), [own]);
});

test('an attempt says who watches over it, and whether that one lives', () => {
  const attempt = ownedAttempt('unit_1');
  assert.equal(fateOfOwner(attempt), 'alive');
  const { pid, startTime } = thisProcess();
  assert.equal(fateOfOwner(attempt.replace(`${pid}-${startTime}`, `${pid}-1`)), 'gone');
});

test('of an owner in another PID namespace, or none, nothing is known', () => {
  assert.equal(fateOfOwner(ownedAttempt('1').replace(/-\d+$/, '-1')), 'unknown');
  assert.equal(fateOfOwner('3'), 'unknown');
});
