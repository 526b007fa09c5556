import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { newDirectory } from '../../lifecycle/testing/program.ts';
import { until } from '../../lifecycle/testing/until.ts';
import { canMakeCgroups } from './cgroup.ts';
import { ownGroup } from './cgroup-place.ts';
import { left, newCookie, rungsHere, startScript } from '../testing/owned.ts';
import { sweep } from './sweep.ts';

const PROOF_MS = 20_000;

for (const rung of rungsHere) {
  const proof = rung === 'group' ? 'swept' : true;

  test(`${rung}: the exit code of a command arrives, and nothing is left`, async (t) => {
    const { owned, output } = await startScript(t, 'echo out; exit 7', rung);
    assert.equal(await owned.exited, 7);
    await until(() => output() === 'out\n', 'its output');
    assert.deepEqual(await owned.end(PROOF_MS), { proven: proof, survivors: [], unknown: [] });
    assert.equal(owned.tree.rung, rung);
  });

  test(`${rung}: a command that is killed by a signal ends with 128 + n`, async (t) => {
    const { owned } = await startScript(t, 'kill -KILL $$', rung);
    assert.equal(await owned.exited, 137);
  });

  test(`${rung}: what left its session, and forked twice, is found, named and ended`, async (t) => {
    const { owned, output } = await startScript(t, 'setsid sh -c "sleep 981 & exit 0"; (sleep 982 &) ; echo up', rung);
    assert.equal(await owned.exited, 0);
    await until(() => output() === 'up\n', 'its output');
    const survives = (command: string) => owned.look().survivors.some((found) => found.command === command);
    await until(() => survives('sleep 981') && survives('sleep 982'), 'both, by name');
    assert.equal((await owned.end(PROOF_MS)).proven, proof);
    assert.deepEqual(left(owned.tree.cookie), []);
  });

  test(`${rung}: the command is not process 1, and a signal reaches it`, async (t) => {
    const { owned, output } = await startScript(
      t,
      'trap "echo got; exit 3" TERM; echo $$; while :; do sleep 0.01; done',
      rung,
    );
    await until(() => output().includes('\n'), 'its number');
    assert.notEqual(output(), '1\n');
    assert.equal(owned.signal('SIGTERM'), true);
    assert.equal(await owned.exited, 3);
    assert.match(output(), /got/);
    assert.equal(owned.signal('SIGTERM'), false);
  });

  test(`${rung}: a command without a handler ends by the signal`, async (t) => {
    const { owned } = await startScript(t, 'exec sleep 983', rung);
    owned.signal('SIGTERM');
    assert.equal(await owned.exited, 143);
  });

  test(`${rung}: what goes on forking into new sessions while it is killed is ended too`, async (t) => {
    // Each process starts the next in a session of its own, and goes; if the test fails, the storm is over some day.
    const next = 'N=$((N - 1)); sleep 0.01; [ $N = 0 ] || setsid sh -c "$NEXT" &';
    const script = `export N=1000 NEXT='${next}'; for n in 1 2 3 4; do setsid sh -c "$NEXT" & done; echo up; sleep 984`;
    const { owned, output } = await startScript(t, script, rung);
    await until(() => output().includes('up'), 'the storm');
    assert.equal((await owned.end(PROOF_MS)).proven, proof);
    assert.deepEqual(left(owned.tree.cookie), []);
  });

  test(`${rung}: nothing outlives an owner that is killed with SIGKILL`, async (t) => {
    const up = `${newDirectory(t)}/up`;
    const cookie = newCookie();
    const program = `
      import { launch } from ${JSON.stringify(import.meta.resolve('./launch.ts'))};
      await launch({
        argv: ['sh', '-c', 'trap "" TERM; setsid sleep 985 & (sleep 986 &) ; touch "$0"; sleep 987', ${JSON.stringify(up)}],
        environment: process.env, cookie: ${JSON.stringify(cookie)}, streams: ['ignore', 'ignore', 'ignore'],
        group: 'lastcall-test-' + process.pid, limits: { memoryBytes: null, processes: null },
        rung: ${JSON.stringify(rung)}, terminal: false,
      });
      setInterval(() => {}, 1_000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    t.after(() => owner.kill('SIGKILL'));
    await until(() => existsSync(up) && left(cookie).length >= 3, 'the tree');
    owner.kill('SIGKILL');
    await until(() => left(cookie).length === 0, 'the end of the tree');
  });
}

test('a cookie is found behind the one of who is outside, and one of another store is not', async (t) => {
  const { owned } = await startScript(
    t,
    'export LASTCALL_UNIT="$LASTCALL_UNIT;inner/a%2Fb/1"; exec sleep 988',
    rungsHere[0]!,
  );
  const inner = () => sweep((cookie) => cookie.storeId === 'inner').found;
  await until(() => inner().length === 1, 'the inner cookie');
  assert.deepEqual(inner()[0]!.cookies, [owned.tree.cookie, { storeId: 'inner', unit: 'a/b', attempt: '1' }]);
  assert.deepEqual(sweep((cookie) => cookie.storeId === 'other').found, []);
});

const limited = canMakeCgroups() && (ownGroup('pids') !== null || ownGroup('memory') !== null);
test(
  'a limit of processes is enforced by the kernel',
  { skip: !limited && 'no control group can be made here' },
  async (t) => {
    const limits = { memoryBytes: null, processes: 4 };
    const script = 'for n in 1 2 3 4 5 6 7 8; do sleep 989 & done; echo "not reached"';
    const { owned, output } = await startScript(t, script, 'cgroup', limits);
    assert.notEqual(await owned.exited, 0);
    assert.equal(output(), '');
    assert.equal((await owned.end(PROOF_MS)).proven, true);
    for (const path of [owned.tree.cgroup!.path, ...owned.tree.cgroup!.bounds]) assert(!existsSync(path), path);
  },
);

test('a rung that is asked for and not to be had is refused, and so are limits without a control group', async (t) => {
  const limits = { memoryBytes: 2 ** 30, processes: null };
  await assert.rejects(startScript(t, 'exit 0', 'group', limits), /limits need a control group/);
});
