import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { useService } from './use.ts';

test('promtool accepts good metrics and refuses bad ones', async (t) => {
  const prometheus = await useService('prometheus', t);
  if (!prometheus) return;
  const check = (input: string): void =>
    void execFileSync('promtool', ['check', 'metrics'], {
      input,
      env: prometheus.env,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
  check('# HELP up_total Ups.\n# TYPE up_total counter\nup_total 1\n');
  assert.throws(() => check('# TYPE up_total nonsense\nup_total one\n'));
});

test('prometheus answers on loopback and is gone after its test', async (t) => {
  let address = '';
  await t.test('in here', async (inner) => {
    const prometheus = await useService('prometheus', inner);
    if (!prometheus) return;
    ({ address } = await prometheus.start());
    const build = await fetch(`http://${address}/api/v1/status/buildinfo`);
    assert.equal(((await build.json()) as { status: string }).status, 'success');
  });
  if (address !== '') await assert.rejects(fetch(`http://${address}/-/ready`));
});
