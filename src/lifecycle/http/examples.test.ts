// The examples of docs/http.md, each run as a program of its own: it serves, is told to stop, and exits cleanly. An
// example whose framework is not installed here is skipped, and says so.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { describe, test } from 'node:test';

import { temporaryDirectory } from '../../base/files/testing/temporary-directory.ts';
import { controlOf } from '../control/client.ts';
import { until } from '../testing/until.ts';
import { ask } from './testing/serve.ts';

const PAGE = readFileSync(new URL('../../../docs/http.md', import.meta.url), 'utf8');
const EXAMPLES = [...PAGE.matchAll(/```ts\n([^]*?)```/g)].map((match) => match[1]!);
const LASTCALL = new URL('../index.ts', import.meta.url).href;

describe('the examples of docs/http.md', { concurrency: 2 }, () => {
  assert.ok(EXAMPLES.length >= 6);
  for (const example of EXAMPLES) {
    const name = /unit\('([^']+)'/.exec(example)![1]!;
    test(`${name} serves, and ends cleanly when it is told to`, async (t) => {
      const { code, missing } = resolveImports(example);
      if (missing.length > 0) return t.skip(`not installed: ${missing.join(', ')}`);
      const stateDir = temporaryDirectory(t);
      const port = await freePort();
      const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
        env: { ...process.env, PORT: String(port), LASTCALL_STATE_DIR: stateDir },
        stdio: ['ignore', 'inherit', 'pipe'],
      });
      t.after(() => child.kill('SIGKILL'));
      let log = '';
      child.stderr.on('data', (chunk) => (log += String(chunk)));
      await until(() => log.includes('"event":"ready"') || child.exitCode !== null, 'ready');
      assert.equal((await ask(port, '/readyz')).status, 200, log);
      const answer = await ask(port, '/');
      assert.deepEqual([answer.status, answer.body !== ''], [200, true]);
      const { instance } = await (await controlOf(stateDir, name)).stop({ deadlineMs: 8_000 }, 0);
      const [exitCode] = (await once(child, 'exit')) as [number | null];
      assert.equal(exitCode, 0, log);
      const report = JSON.parse(readFileSync(`${stateDir}/reports/${instance}.json`, 'utf8')) as { work: object };
      assert.partialDeepStrictEqual(report.work, { accepted: 1, finished: 1, lost: 0 });
      await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
    });
  }
});

/** The example with addresses instead of names, since a program on the command line has no place to resolve them from. */
function resolveImports(example: string): { code: string; missing: string[] } {
  const missing: string[] = [];
  const code = example.replaceAll(/from '([^'.]+)'/g, (whole, name: string) => {
    if (name.startsWith('node:')) return whole;
    if (name === 'lastcall') return `from '${LASTCALL}'`;
    try {
      return `from '${import.meta.resolve(name)}'`;
    } catch {
      missing.push(name);
      return whole;
    }
  });
  return { code, missing };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
