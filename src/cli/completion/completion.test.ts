// The script for bash, sourced in the real shell; completion.service.test.ts has zsh and fish, which are not on every machine.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { COMMANDS } from '../table.ts';
import { lastcall } from '../testing/invoke.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lastcall-completion-'));
  await writeFile(join(directory, 'bash'), (await lastcall(['completion', 'bash'])).stdout);
});
after(() => rm(directory, { recursive: true }));

/** What bash would offer after `words`, the last of which is being typed. */
function bash(...words: string[]): string[] {
  const script = `source "${join(directory, 'bash')}"
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
    _lastcall; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], {
    encoding: 'utf8',
    env: { ...process.env, LASTCALL_STATE_DIR: directory },
  })
    .split('\n')
    .filter((line) => line !== '');
}

test('bash offers every command, and those that begin with what was typed', () => {
  const all = bash('lastcall', '');
  for (const { name } of COMMANDS) assert(all.includes(name.split(' ')[0]!), name);
  assert.deepEqual(bash('lastcall', 'rep'), ['report']);
});

test('bash offers the options of the command, choices of an argument and choices of an option', () => {
  assert(bash('lastcall', 'config', '--').includes('--state-dir'));
  assert(!bash('lastcall', 'report', '--').includes('--state-dir'));
  assert.deepEqual(bash('lastcall', 'completion', ''), ['bash', 'zsh', 'fish']);
  assert.deepEqual(bash('lastcall', 'config', '--announce', 'a'), ['auto', 'always']);
});

test('bash leaves files to readline', () => {
  assert.deepEqual(bash('lastcall', 'report', './'), []);
});

test('bash offers the units that have a control socket', async () => {
  mkdirSync(join(directory, 'units'));
  const server = createServer().listen(join(directory, 'units', 'flights.sock'));
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    assert.deepEqual(bash('lastcall', 'status', ''), ['flights']);
    assert.deepEqual(bash('lastcall', 'stop', '--deadline', '5s', 'fl'), ['flights']);
  } finally {
    server.close();
  }
});
