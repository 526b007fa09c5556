import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Installation } from './install.ts';
import { start } from './start.ts';
import type { Server } from './types.ts';

const NODE: Installation = { folder: '/', version: '1', binaries: [], env: process.env };

/** A server in JavaScript. */
function server(text: string, seen: { run: string }): Server {
  return {
    async command({ run, port }) {
      seen.run = run;
      await writeFile(join(run, 'server.mjs'), text);
      return { program: process.execPath, args: [join(run, 'server.mjs'), String(port)] };
    },
    ready: async ({ port }) => (await fetch(`http://127.0.0.1:${port}/`)).ok,
    readyMsMax: 20_000,
  };
}

test('a server runs on a loopback port until it is stopped, and its data go with it', async () => {
  const seen = { run: '' };
  const text =
    "import { createServer } from 'node:http'; createServer((_, r) => r.end('yes')).listen(process.argv[2], '127.0.0.1');";
  const running = await start('small', NODE, server(text, seen));
  assert.equal(await (await fetch(`http://${running.address}/`)).text(), 'yes');
  await running.stop();
  await running.ended;
  await assert.rejects(fetch(`http://${running.address}/`));
  assert.ok(!existsSync(seen.run));
});

test('a server that ends before it answers is an error with the last it printed', async () => {
  const seen = { run: '' };
  await assert.rejects(start('broken', NODE, server("console.error('bad configuration'); process.exit(3);", seen)), {
    message: /broken ended; the last it printed:\nbad configuration/,
  });
  assert.ok(!existsSync(seen.run));
});
