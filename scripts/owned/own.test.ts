import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Containment, containment } from './containment.ts';
import { type OwnedEnd, type OwnedProcess, spawnOwned } from './own.ts';
import { findMarked } from './sweep.ts';

const GROUP: Containment = { kind: 'group', prefix: [] };
// Where the kernel offers no namespace, the second kind is all there is.
const kinds = [...new Map([containment(), GROUP].map((way) => [way.kind, way])).values()];

/** A shell script under ownership, what it printed, and a mark that finds whatever it started. */
function run(script: string, way: Containment): { owned: OwnedProcess; output: () => string; mark: string } {
  const mark = `${process.pid}-${Math.random()}`;
  let output = '';
  const owned = spawnOwned('sh', ['-c', script], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], OWN_TEST: mark },
    output: (chunk) => (output += chunk.toString()),
    containment: way,
  });
  return { owned, output: () => output, mark };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    assert.ok(tries < 1_000, 'the condition did not come true in time');
    await pause(10);
  }
}

for (const way of kinds) {
  test(`${way.kind}: the exit code and the output of a command arrive`, async () => {
    const { owned, output } = run('echo out; echo err >&2; exit 7', way);
    assert.deepEqual(await owned.ended, { code: 7, left: [] });
    assert.deepEqual(output().trim().split('\n').toSorted(), ['err', 'out']);
  });

  test(`${way.kind}: a process left behind in a session of its own is named and killed`, async () => {
    const { owned, mark } = run('setsid sleep 987 >/dev/null 2>&1 & exit 0', way);
    assert.deepEqual(await owned.ended, { code: 0, left: ['sleep 987'] });
    assert.deepEqual(findMarked('OWN_TEST', mark), []);
  });

  test(`${way.kind}: a child that goes by itself a moment later is not called a leak`, async () => {
    const { owned } = run('sleep 0.3 & exit 0', way);
    assert.deepEqual(await owned.ended, { code: 0, left: [] });
  });

  test(`${way.kind}: kill ends the command with everything it started, even what ignores SIGTERM`, async () => {
    const { owned, mark, output } = run('trap "" TERM; setsid sleep 986 & sleep 985 & echo up; wait', way);
    await until(() => output().includes('up'));
    owned.kill();
    const { code }: OwnedEnd = await owned.ended;
    assert.notEqual(code, 0);
    assert.deepEqual(findMarked('OWN_TEST', mark), []);
  });

  test(`${way.kind}: nothing outlives an owner that is killed with SIGKILL`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'own-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const up = join(folder, 'up');
    const mark = `${process.pid}-${Math.random()}`;
    const program = `
      import { spawnOwned } from ${JSON.stringify(import.meta.resolve('./own.ts'))};
      spawnOwned('sh', ['-c', 'setsid sleep 983 & sleep 984 & touch "$0"; wait', ${JSON.stringify(up)}], {
        cwd: '/', env: process.env, output: () => {}, containment: ${JSON.stringify(way)},
      });`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...process.env, OWN_TEST: mark },
      stdio: 'ignore',
    });
    await until(() => existsSync(up));
    const sleeping = (): string[] =>
      findMarked('OWN_TEST', mark).flatMap(({ commandLine }) => /^sleep \d+$/.exec(commandLine) ?? []);
    await until(() => sleeping().length === 2);
    owner.kill('SIGKILL');
    await until(() => findMarked('OWN_TEST', mark).length === 0);
  });
}
