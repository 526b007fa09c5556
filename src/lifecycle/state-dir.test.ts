import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
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

test('a directory asked for by name that others can write to, or one of ours in it, is refused', (t) => {
  for (const inside of ['.', 'reports', 'running', 'units']) {
    const wanted = join(newDirectory(t), 'state');
    const taken = join(wanted, inside);
    mkdirSync(taken, { recursive: true });
    for (const mode of [0o777, 0o1777, 0o702]) {
      chmodSync(taken, mode);
      assert.throws(() => openStateDir({ wanted, environment: {} }), { code: 'usage', on: taken });
    }
    assert.ok(inside !== '.' || !existsSync(join(wanted, 'reports')), 'nothing is made in it');
    chmodSync(taken, 0o755);
    assert.equal(openStateDir({ wanted, environment: {} }).path, wanted);
    // Where each user has a group, this is what mkdir makes.
    chmodSync(taken, 0o775);
    assert.equal(openStateDir({ wanted, environment: {} }).path, wanted);
  }
});

test('a directory may lie in one that all can write to', (t) => {
  const shared = newDirectory(t);
  chmodSync(shared, 0o1777);
  const wanted = join(shared, 'state');
  assert.equal(openStateDir({ wanted, environment: {} }).path, wanted);
  assert.equal(statSync(wanted).mode & 0o777, 0o700);
});

test('a usual directory that others can write to is passed over, with a warning', (t) => {
  const temporary = useTemporary(t);
  const home = newDirectory(t);
  const usual = join(home, '.local', 'state', 'lastcall');
  mkdirSync(usual, { recursive: true });
  chmodSync(usual, 0o777);
  const { path, warning } = openStateDir({ wanted: null, environment: { HOME: home } });
  assert.ok(path?.startsWith(temporary), String(path));
  assert.match(warning ?? '', /every user can write to this directory/);
  assert.deepEqual(readdirSync(usual), []);
});

const isRoot = process.getuid?.() === 0;

test(
  'a directory of another user, or of a group that is not ours, is refused',
  { skip: isRoot ? false : 'NOT TESTED: only root can give directories away' },
  (t) => {
    const wanted = join(newDirectory(t), 'state');
    mkdirSync(wanted);
    chownSync(wanted, 65_533, 65_533);
    assert.throws(() => openStateDir({ wanted, environment: {} }), { code: 'usage', on: wanted });
    chownSync(wanted, 0, 65_533);
    chmodSync(wanted, 0o775);
    assert.throws(() => openStateDir({ wanted, environment: {} }), { code: 'usage', on: wanted });
    chmodSync(wanted, 0o755);
    assert.equal(openStateDir({ wanted, environment: {} }).path, wanted);
  },
);

test(
  "a user who is not root takes root's directory and no other user's",
  { skip: isRoot && hasSetpriv() ? false : 'NOT TESTED: this needs root and setpriv' },
  (t) => {
    // Directly in the system's own place: a runner's temporary directory may be closed to other users.
    const directory = mkdtempSync('/tmp/lastcall-other-user-');
    t.after(() => rmSync(directory, { recursive: true }));
    chmodSync(directory, 0o755);
    const wanted = join(directory, 'state');
    for (const inside of ['reports', 'running']) mkdirSync(join(wanted, inside), { recursive: true });
    const program = `
      import { openStateDir } from ${JSON.stringify(import.meta.resolve('./state-dir.ts'))};
      try { openStateDir({ wanted: ${JSON.stringify(wanted)}, environment: {} }); console.log('taken'); }
      catch (error) { console.log(error.code); }
    `;
    const asUser = (): string =>
      execFileSync(
        'setpriv',
        ['--reuid=65533', '--regid=65533', '--clear-groups', process.execPath, '--input-type=module', '-e', program],
        { encoding: 'utf8' },
      ).trim();
    for (const [owner, answer] of [
      [65_532, 'usage'],
      [65_533, 'taken'],
      [0, 'taken'],
    ] as const) {
      chownSync(wanted, owner, 65_533);
      for (const inside of ['reports', 'running']) chownSync(join(wanted, inside), 65_533, 65_533);
      assert.equal(asUser(), answer, `owner ${owner}`);
    }
  },
);

function hasSetpriv(): boolean {
  return spawnSync('setpriv', ['--version']).status === 0;
}

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
