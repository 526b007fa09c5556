import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { findMarked } from '../owned/sweep.ts';
import { type FileResult, type Limits, runFile } from './run-file.ts';

const RUNNER = join(import.meta.dirname, 'run.ts');
const HEAD = "import { test } from 'node:test'; import { spawn } from 'node:child_process';\n";

/** A repository with these test files under src/. */
function repository(t: TestContext, files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'run-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'src'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, 'src', name), HEAD + text);
  return root;
}

function start(root: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [RUNNER, '--root', root, ...args], { env: { ...process.env, ...env } });
}

async function run(root: string, ...args: string[]): Promise<{ code: number | null; lines: string[] }> {
  const child = start(root, args);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, lines: output.trimEnd().split('\n') };
}

test('when all pass, the last line has the numbers and the exit code is 0', async (t) => {
  const root = repository(t, {
    'a.test.ts': "test('one', () => {}); test('two', async (t) => { await t.test('inner', () => {}); });",
    'b.test.ts': "test('three', () => {}); test('four', (t) => t.skip('no moon')); test.skip('five', () => {});",
  });
  const { code, lines } = await run(root);
  assert.equal(lines.at(-1), '4 passed, 0 failed, 2 skipped');
  assert.ok(lines.includes('SKIPPED four: no moon'));
  assert.ok(lines.includes('SKIPPED five: no reason given'));
  assert.equal(code, 0);
});

test('a failing test is told with its error and what the file printed, and the exit code is 1', async (t) => {
  const root = repository(t, {
    'a.test.ts':
      "console.log('a hint'); test('outer', async (t) => { await t.test('inner', () => { throw new Error('bang'); }); });",
  });
  const { code, lines } = await run(root);
  assert.equal(lines.at(-1), '0 passed, 1 failed, 0 skipped');
  assert.ok(lines.includes('FAILED src/a.test.ts: outer > inner'));
  assert.match(lines.join('\n'), /bang[^]*a hint/);
  assert.equal(code, 1);
});

const BAD_FILES: Record<string, { text: string; says: RegExp }> = {
  'crashes while loading': { text: "throw new Error('at load');", says: /ended with 1/ },
  'is killed': {
    text: "test('a', () => process.kill(process.pid, 'SIGKILL'));",
    says: /ended with 137/,
  },
  'has no test': { text: '', says: /has no test/ },
  'leaves early with 0': {
    text: "test('a', () => process.exit(0));",
    says: /ended with 0 and has no test, or left before they were over/,
  },
  'leaves a process behind': {
    text: "test('a', () => { spawn('sleep', ['983'], { detached: true, stdio: 'ignore' }).unref(); });",
    says: /left a process behind: sleep 983/,
  },
  'has a hook that throws': {
    text: "import { describe, before, it } from 'node:test'; describe('d', () => { before(() => { throw new Error('hook'); }); it('x', () => {}); });",
    says: /hook/,
  },
};

for (const [what, { text, says }] of Object.entries(BAD_FILES)) {
  test(`a file that ${what} is a failure`, async (t) => {
    const { code, lines } = await run(repository(t, { 'a.test.ts': text }));
    assert.match(lines.join('\n'), says);
    assert.match(lines.at(-1) ?? '', /^\d passed, [12] failed, 0 skipped$/);
    assert.equal(code, 1);
  });
}

test('a test that never settles, and a loop that never ends, are cut off and named', async (t) => {
  const root = repository(t, {
    'waits.test.ts': "test('waits', () => new Promise(() => setTimeout(() => {}, 1_500)));",
    'loops.test.ts': "test('loops', () => { for (;;); });",
  });
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined }; // as the runner itself does
  const cut = async (name: string, limits: Limits): Promise<FileResult> => {
    const file = { path: `src/${name}.test.ts`, slow: false, services: [] };
    return await runFile(file, { root, folder: join(root, name), env, limits });
  };
  // The limit of the whole file is there for a loop alone: a busy machine takes seconds to start the one that waits.
  const waiting = cut('waits', { testMs: 500, fileMs: 60_000 });
  const [waits, loops] = await Promise.all([waiting, cut('loops', { testMs: 500, fileMs: 3_000 })]);
  assert.match(waits?.failures[0]?.error ?? '', /timed out after 500ms/);
  assert.match(loops?.failures[0]?.error ?? '', /was killed after 3 s/);
});

test('quick leaves out what is slow or needs services, and a filter chooses by path', async (t) => {
  const one = "test('one', () => {});";
  const root = repository(t, { 'a.test.ts': one, 'b.slow.test.ts': one, 'c.service.test.ts': one, 'd.test.ts': one });
  assert.equal((await run(root, '--quick')).lines.at(-1), '2 passed, 0 failed, 0 skipped');
  assert.equal((await run(root, 'b.slow', 'd.test')).lines.at(-1), '2 passed, 0 failed, 0 skipped');
  assert.equal((await run(root)).lines.at(-1), '4 passed, 0 failed, 0 skipped');
});

test('a filter that matches nothing is a failure', async (t) => {
  const { code, lines } = await run(repository(t, { 'a.test.ts': "test('one', () => {});" }), 'nowhere');
  assert.equal(lines.at(-1), '0 passed, 1 failed, 0 skipped');
  assert.equal(code, 1);
});

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`a runner that gets ${signal} leaves no process behind`, async (t) => {
    const root = repository(t, {
      'a.test.ts':
        "test('hangs', () => { spawn('sleep', ['982'], { detached: true }); return new Promise(() => {}); });",
    });
    const mark = `${process.pid}-${Math.random()}`;
    const runner = start(root, [], { RUN_TEST: mark });
    const seen = (): string[] => findMarked('RUN_TEST', mark).map(({ commandLine }) => commandLine);
    for (let tries = 0; !seen().includes('sleep 982'); tries++) {
      assert.ok(tries < 500, 'the test file did not start');
      await pause(20);
    }
    runner.kill(signal);
    for (let tries = 0; seen().length > 0; tries++) {
      assert.ok(tries < 500, `still there: ${seen().join(', ')}`);
      await pause(20);
    }
  });
}

test('each file has a temporary folder of its own, and nothing stays in the one of the machine', async (t) => {
  const root = repository(t, {
    'a.test.ts':
      "import { mkdtempSync } from 'node:fs'; import { tmpdir } from 'node:os'; test(mkdtempSync(tmpdir() + '/x-'), (t) => t.skip(tmpdir()));",
  });
  const { lines } = await run(root);
  const skipped = lines.find((line) => line.startsWith('SKIPPED '));
  assert.match(skipped ?? '', /lct-\d+-\w+\/0\/tmp\/x-/);
  const folder = /SKIPPED (\S+):/.exec(skipped ?? '')?.[1] ?? '/';
  assert.throws(() => rmSync(folder), { code: 'ENOENT' });
});
