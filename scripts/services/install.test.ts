import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { findInstalled, install, ServiceUnavailable } from './install.ts';
import type { Service, Source } from './types.ts';
import { FAILED_SERVICES, useIn } from './use.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'install-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A service that is fetched by writing a file; `log` lists the fetches. */
function local(source: Partial<Source> = {}): { service: Service; log: string[] } {
  const log: string[] = [];
  const fetched: Source = {
    contents: 'one file',
    impossible: () => undefined,
    async fetch(into) {
      log.push(`fetched into ${readdirSync(into).length} files`);
      writeFileSync(join(into, 'program'), 'x');
      return '1.0';
    },
    binaries: (at) => [at],
    environment: () => ({}),
    ...source,
  };
  return { service: { name: 'local', source: fetched }, log };
}
const silent = (): void => {};

test('a service is fetched once and found from then on', async (t) => {
  const root = folder(t);
  const { service, log } = local();
  assert.equal(findInstalled(service, root), undefined);
  const first = await install(service, silent, root);
  const second = await install(service, silent, root);
  assert.equal(first.version, '1.0');
  assert.deepEqual(second, first);
  assert.equal(log.length, 1);
});

test('a half install is removed and done anew', async (t) => {
  const root = folder(t);
  const { service, log } = local();
  mkdirSync(join(root, 'local'));
  writeFileSync(join(root, 'local', 'half a program'), 'x');
  await install(service, silent, root);
  assert.deepEqual(log, ['fetched into 0 files']);
  assert.ok(!existsSync(join(root, 'local', 'half a program')));
});

test('other contents than were installed are fetched anew', async (t) => {
  const root = folder(t);
  await install(local().service, silent, root);
  const { service, log } = local({ contents: 'another file' });
  assert.equal(findInstalled(service, root), undefined);
  await install(service, silent, root);
  assert.equal(log.length, 1);
});

test('two processes that want the same service at once fetch it once', async (t) => {
  const root = folder(t);
  const program = `
    import { appendFileSync, existsSync } from 'node:fs';
    import { install } from ${JSON.stringify(import.meta.resolve('./install.ts'))};
    const source = {
      contents: 'x', impossible: () => undefined, binaries: () => [], environment: () => ({}),
      async fetch(folder) {
        appendFileSync(${JSON.stringify(join(root, 'log'))}, 'fetch\\n');
        while (!existsSync(${JSON.stringify(join(root, 'waiting'))})) await new Promise((go) => setTimeout(go, 10));
        return '1';
      },
    };
    // The second one is what lets the first one finish.
    const say = (text) => text.includes('waiting') && appendFileSync(${JSON.stringify(join(root, 'waiting'))}, 'x');
    await install({ name: 'shared', source }, say, ${JSON.stringify(root)});`;
  const runs = [1, 2].map(async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return await new Promise((resolve) => child.once('exit', resolve));
  });
  assert.deepEqual(await Promise.all(runs), [0, 0]);
  assert.equal(readFileSync(join(root, 'log'), 'utf8'), 'fetch\n');
});

test('a failed fetch says why, and that this machine could have had it', async (t) => {
  const { service } = local({ fetch: () => Promise.reject(new Error('no route to host')) });
  await assert.rejects(install(service, silent, folder(t)), (error) => {
    assert.ok(error instanceof ServiceUnavailable);
    assert.ok(error.possible);
    assert.match(error.message, /no route to host/);
    return true;
  });
});

/** A test context that notes why it was skipped. */
function context(): { t: { skip: (reason?: string) => void; after: () => void }; skips: (string | undefined)[] } {
  const skips: (string | undefined)[] = [];
  return { t: { skip: (reason) => void skips.push(reason), after: silent }, skips };
}

test('a service that this machine cannot have skips the test with its reason, also in CI', async (t) => {
  const { service } = local({ impossible: () => 'no Debian' });
  for (const env of [{}, { CI: 'true' }]) {
    const { t: inner, skips } = context();
    assert.equal(await useIn(folder(t), service, inner, env), undefined);
    assert.deepEqual(skips, ['no local: no Debian']);
  }
});

test('a service that only failed to install skips the test, and fails it in CI', async (t) => {
  const { service, log } = local();
  const failed = { [FAILED_SERVICES]: '{"local":"no route to host"}' };
  const { t: inner, skips } = context();
  assert.equal(await useIn(folder(t), service, inner, failed), undefined);
  assert.deepEqual(skips, ['no local: no route to host']);
  await assert.rejects(useIn(folder(t), service, inner, { ...failed, CI: 'true' }), /no route to host/);
  assert.deepEqual(log, [], 'what the runner tried already is not tried again');
});
