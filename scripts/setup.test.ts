import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

/** A checkout with this package.json and lockfile, and a recorder in npm's place. */
function checkout(t: TestContext, manifest: object, locked: object = manifest): string {
  const root = mkdtempSync(join(tmpdir(), 'setup-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'scripts'));
  mkdirSync(join(root, 'toolchain'));
  cpSync(join(import.meta.dirname, 'setup.js'), join(root, 'scripts', 'setup.js'));
  writeFileSync(join(root, 'package.json'), JSON.stringify({ type: 'module', ...manifest }));
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': locked } }));
  writeFileSync(join(root, 'toolchain', 'package-lock.json'), '{}');
  const recorder = `
    import { appendFileSync, existsSync } from 'node:fs';
    appendFileSync(${JSON.stringify(join(root, 'calls'))}, process.argv.slice(2).filter((word) => !/no-audit|no-fund|loglevel/.test(word)).join(' ') + '\\n');
    while (existsSync(${JSON.stringify(join(root, 'hold'))})) await new Promise((go) => setTimeout(go, 10));`;
  mkdirSync(join(root, 'npm'));
  writeFileSync(join(root, 'npm', 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'npm', 'npm-cli.js'), recorder);
  return root;
}

interface SetUp {
  child: ChildProcess;
  /** All it has printed so far. */
  said: () => string;
  code: Promise<number | null>;
}

function setUp(root: string): SetUp {
  let output = '';
  const child = spawn(process.execPath, [join(root, 'scripts', 'setup.js')], {
    env: { ...process.env, npm_execpath: join(root, 'npm', 'npm-cli.js'), USE_SYSTEM_NODE: '1' },
  });
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, said: () => output, code: new Promise((resolve) => child.once('close', resolve)) };
}

function calls(root: string): string[] {
  return existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').trim().split('\n') : [];
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    assert.ok(tries < 1_000, 'the condition did not come true in time');
    await pause(10);
  }
}

test('a set-up installs without scripts, links the Node, and has nothing to do the next time', async (t) => {
  const root = checkout(t, { dependencies: { a: '^1.0.0' } });
  assert.equal(await setUp(root).code, 0);
  assert.deepEqual(calls(root), ['install --no-save --ignore-scripts']);
  assert.equal(readlinkSync(join(root, 'node_modules', '.bin', 'node')), process.execPath);
  const again = setUp(root);
  assert.equal(await again.code, 0);
  assert.equal(again.said(), '');
  assert.equal(calls(root).length, 1);
});

test('install scripts run for the packages that package.json allows by name, and for no other', async (t) => {
  const root = checkout(t, { allowScripts: { a: true, b: false, c: true } });
  assert.equal(await setUp(root).code, 0);
  assert.deepEqual(calls(root), ['install --no-save --ignore-scripts', 'rebuild a c']);
});

test('of two set-ups at once one does the work, and the other waits for it', async (t) => {
  const root = checkout(t, {});
  writeFileSync(join(root, 'hold'), '');
  const first = setUp(root);
  await until(() => calls(root).length === 1);
  const second = setUp(root);
  await until(() => second.said().includes('waiting'));
  rmSync(join(root, 'hold'));
  assert.deepEqual(await Promise.all([first.code, second.code]), [0, 0]);
  assert.equal(calls(root).length, 1);
});

test('a failed or interrupted install is done again', async (t) => {
  const root = checkout(t, {});
  const recorder = readFileSync(join(root, 'npm', 'npm-cli.js'), 'utf8');
  writeFileSync(join(root, 'npm', 'npm-cli.js'), `${recorder}\nprocess.exit(3);`);
  const failing = setUp(root);
  assert.equal(await failing.code, 1);
  assert.match(failing.said(), /npm install .* failed .*ended with 3/);
  writeFileSync(join(root, 'npm', 'npm-cli.js'), recorder);
  assert.equal(await setUp(root).code, 0);
  assert.equal(calls(root).length, 2);
});

test('other dependencies are installed anew, other scripts are not', async (t) => {
  const root = checkout(t, { scripts: { a: 'one' } });
  await setUp(root).code;
  writeFileSync(join(root, 'package.json'), '{"type":"module","scripts":{"a":"two"}}');
  assert.equal(await setUp(root).code, 0);
  assert.equal(calls(root).length, 1);
  const more = { dependencies: { a: '2' } };
  writeFileSync(join(root, 'package.json'), JSON.stringify({ type: 'module', ...more }));
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': more } }));
  assert.equal(await setUp(root).code, 0);
  assert.equal(calls(root).length, 2);
});

test('a lockfile that does not fit package.json is refused, with the command that makes it anew', async (t) => {
  const root = checkout(t, { devDependencies: { a: '2' } }, { devDependencies: { a: '1' } });
  const refused = setUp(root);
  assert.equal(await refused.code, 1);
  assert.match(
    refused.said(),
    /the devDependencies of package.json and of package-lock.json differ\n.*--package-lock-only/,
  );
  assert.deepEqual(calls(root), []);
});
