import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

import { openStateDir } from './state-dir.ts';
import { newDirectory } from './testing/program.ts';

test('the state directory follows XDG_STATE_HOME, then HOME, and is private', (t) => {
  const home = newDirectory(t);
  const state = join(home, 'state');
  assert.deepEqual(openStateDir({ wanted: null, environment: { XDG_STATE_HOME: state, HOME: home } }), {
    path: join(state, 'lastcall'),
    warning: null,
  });
  const { path } = openStateDir({ wanted: null, environment: { XDG_STATE_HOME: 'relative', HOME: home } });
  assert.equal(path, join(home, '.local', 'state', 'lastcall'));
  assert.equal(statSync(path).mode & 0o777, 0o700);
});

test('without a usable home a unit starts all the same, with a warning', (t) => {
  const temporary = useTemporary(t);
  const home = join(newDirectory(t), 'home');
  writeFileSync(home, 'a file, so no directory can be made below it');
  for (const environment of [{ HOME: home }, {}]) {
    const { path, warning } = openStateDir({ wanted: null, environment });
    assert.ok(path?.startsWith(temporary), String(path));
    assert.ok(existsSync(join(path!, 'reports')));
    assert.match(warning ?? '', /does not outlive a reboot/);
    assert.equal(statSync(path!).mode & 0o077, 0);
  }
});

test('a directory that somebody asked for by name has to be usable', (t) => {
  const file = join(newDirectory(t), 'file');
  writeFileSync(file, '');
  assert.throws(() => openStateDir({ wanted: file, environment: {} }), { code: 'io' });
});

test('a directory that others may write to is not taken for the temporary one', (t) => {
  const shared = useTemporary(t);
  const taken = join(shared, `lastcall-${process.getuid?.() ?? 0}`);
  mkdirSync(taken);
  chmodSync(taken, 0o777);
  const { path } = openStateDir({ wanted: null, environment: {} });
  assert.ok(path?.startsWith(shared));
  assert.notEqual(path, taken);
});

/** What the system calls its temporary directory, for one test. */
function useTemporary(t: TestContext): string {
  const directory = newDirectory(t);
  const previous = process.env['TMPDIR'];
  process.env['TMPDIR'] = directory;
  t.after(() => {
    if (previous === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = previous;
  });
  return directory;
}
