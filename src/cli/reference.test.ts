import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { renderReference } from './reference.ts';
import { COMMANDS } from './table.ts';
import { lastcall } from './testing/invoke.ts';

const PAGE = fileURLToPath(new URL('../../docs/cli.md', import.meta.url));

test('docs/cli.md is what the commands say (write it anew with --test-update-snapshots)', async (context) => {
  const commands = await Promise.all(COMMANDS.map((entry) => entry.load()));
  context.assert.fileSnapshot(renderReference(commands), PAGE, { serializers: [String] });
});

test('every command answers --help with what its part of docs/cli.md says, and with an example', async () => {
  const page = await readFile(PAGE, 'utf8');
  for (const { name } of COMMANDS) {
    const { code, stdout, stderr } = await lastcall([...name.split(' '), '--help']);
    assert.equal(code, 0, name);
    assert.equal(stderr, '');
    assert(page.includes(`\`\`\`text\n${stdout}\`\`\``), `${name}: docs/cli.md is out of date`);
    assert.match(stdout, /\nExamples?:\n {2}# .*\n {2}\$ /, name);
  }
});

test('the overview lists every command with its summary', async () => {
  const { stdout } = await lastcall(['--help']);
  for (const entry of COMMANDS) assert(stdout.includes((await entry.load()).summary), entry.name);
});
