import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LastcallError } from '../base/errors.ts';
import { entriesOf, readConfigFile } from './config-file.ts';

function refusedAt(text: string): string | undefined {
  try {
    entriesOf(text, 'c.yaml');
  } catch (error) {
    assert(error instanceof LastcallError, String(error));
    assert.equal(error.code, 'usage');
    return error.on;
  }
  return assert.fail('it was not refused');
}

test('each leaf is found with its dotted path and its line', () => {
  assert.deepEqual(entriesOf('grace: 30s # comment\n\nstream:\n  commitEvery: 5\n', 'c.yaml'), [
    { path: 'grace', value: '30s', at: 'c.yaml:1' },
    { path: 'stream.commitEvery', value: 5, at: 'c.yaml:4' },
  ]);
});

test('an empty file sets nothing', () => {
  assert.deepEqual(entriesOf('# nothing\n', 'c.yaml'), []);
});

test('what is no map, not YAML, a duplicate key or an unknown tag is refused with its line', () => {
  assert.equal(refusedAt('- a\n- b\n'), 'c.yaml:1');
  assert.equal(refusedAt('grace: 30s\nannounce: [\n'), 'c.yaml:3');
  assert.equal(refusedAt('grace: 30s\ngrace: 40s\n'), 'c.yaml:2');
  assert.equal(refusedAt('grace: !!js/function "() => 1"\n'), 'c.yaml:1');
});

test('an alias, and with it any bomb of aliases, is refused', () => {
  assert.equal(refusedAt('a: &x { b: 1 }\nc: *x\n'), 'c.yaml:2');
});

test('nesting beyond the cap is refused, also where it would exhaust the stack of the parser', () => {
  assert.match(refusedAt(`${'{a: '.repeat(40)}1${'}'.repeat(40)}`) ?? '', /c\.yaml/);
  assert.match(refusedAt(`a: ${'['.repeat(100_000)}`) ?? '', /c\.yaml/);
});

test('a file that is too large, not a file, or writable by everybody is refused', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lastcall-config-'));
  try {
    const path = join(directory, 'lastcall.yaml');
    await writeFile(path, `# ${'x'.repeat(300 * 1024)}\n`);
    assert.throws(() => readConfigFile(path, directory), /bytes/);
    assert.throws(() => readConfigFile(directory, directory), /not a file/);
    await writeFile(path, 'grace: 30s\n');
    assert.equal(readConfigFile(path, directory).length, 1);
    await chmod(path, 0o666);
    assert.throws(() => readConfigFile(path, directory), /other users/);
  } finally {
    await rm(directory, { recursive: true });
  }
});
