// The scripts for zsh and fish, in the real shells: what they offer, not only that they are taken.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { useService } from '../../../scripts/services/use.ts';
import { COMMANDS } from '../table.ts';
import { lastcall } from '../testing/invoke.ts';

async function scriptFor(t: TestContext, shell: string): Promise<{ directory: string; path: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'lastcall-completion-'));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, shell);
  await writeFile(path, (await lastcall(['completion', shell])).stdout);
  return { directory, path };
}

/** Runs `script` in a shell without anybody's settings. */
function sourced(shell: string, flags: readonly string[], script: string, env: NodeJS.ProcessEnv): string {
  const result = spawnSync(shell, [...flags, '-c', script], { encoding: 'utf8', env });
  assert.equal(result.error, undefined);
  assert.equal(result.stderr, '');
  return result.stdout;
}

test('zsh takes the script, and offers commands, options and choices', async (t) => {
  const service = await useService('shells', t);
  if (!service) return;
  const { directory, path } = await scriptFor(t, 'zsh');
  const library = join(service.folder, 'usr/lib');
  const env = { ...service.env, HOME: directory, LASTCALL_STATE_DIR: directory, ZDOTDIR: directory };
  const prelude = `module_path=(${library}/*-linux-*/zsh/*(/)); fpath=(${service.folder}/usr/share/zsh/functions/**/*(/))
    autoload -Uz compinit; compinit -u -d "${join(directory, 'dump')}"; source "${path}"`;
  const registered = sourced('zsh', ['-f'], `${prelude}; whence -w _lastcall; print -r -- $_comps[lastcall]`, env);
  assert.equal(registered, '_lastcall: function\n_lastcall\n');
  /** What the function hands to the shell's own completion: descriptions, or the rules of a command. */
  const offer = (...words: string[]): string[] => {
    const stubs = '_describe() { print -rl -- "${described[@]%%:*}" }; _arguments() { print -rl -- "$@" }';
    const line = `words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}`;
    return sourced('zsh', ['-f'], `${prelude}; ${stubs}; ${line}; _lastcall`, env).split('\n');
  };
  const all = offer('lastcall', '');
  for (const { name } of COMMANDS) assert.ok(all.includes(name.split(' ')[0]!), name);
  assert.ok(offer('lastcall', 'stream', '').includes('inspect'));
  assert.ok(offer('lastcall', 'stream', 'inspect', '--').some((rule) => rule.startsWith('--top[')));
  assert.ok(offer('lastcall', 'stop', '--').some((rule) => rule.endsWith(':(suspend drain)')));
});

test('fish takes the script, and offers commands, options and choices', async (t) => {
  const service = await useService('shells', t);
  if (!service) return;
  const { directory, path } = await scriptFor(t, 'fish');
  const env = { ...service.env, HOME: directory, XDG_CONFIG_HOME: directory, LASTCALL_STATE_DIR: directory };
  const offer = (line: string): string[] =>
    sourced('fish', ['--no-config'], `source "${path}"; complete -C '${line}'`, env)
      .split('\n')
      .map((entry) => entry.split('\t')[0]!);
  const all = offer('lastcall ');
  for (const { name } of COMMANDS) assert.ok(all.includes(name.split(' ')[0]!), name);
  assert.ok(offer('lastcall completion ').includes('fish'));
  assert.ok(offer('lastcall config --ann').includes('--announce'));
  assert.ok(offer('lastcall stream in').includes('inspect'));
});
