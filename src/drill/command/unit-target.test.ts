import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lastcall } from '../../cli/testing/invoke.ts';
import { newDirectory } from '../../lifecycle/testing/program.ts';
import { until } from '../../lifecycle/testing/until.ts';
import type { DrillReport } from '../report/report.ts';
import { processIdentity } from '../../base/process-identity.ts';

const UNIT = fileURLToPath(new URL('../proof/testdata/unit-service.ts', import.meta.url));

test('a running unit is found by its name, asked for a checkpoint, and ended while it makes one', async (t) => {
  const directory = newDirectory(t);
  const port = await freePort();
  startUnit(t, port, directory);
  const address = `http://127.0.0.1:${port}`;
  await until(
    () =>
      fetch(`${address}/readyz`).then(
        (it) => it.ok,
        () => false,
      ),
    'the unit ready',
  );
  const words = ['--unit', 'drilled', '--state-dir', `${directory}/state`, '--url', address, '--ready', '/readyz'];
  const patience = [
    '--when',
    'checkpoint',
    '--after',
    '600ms',
    '--deadline',
    '60s',
    '--linger',
    '30s',
    '--rate',
    '30',
    '--json',
  ];
  const { stdout, stderr } = await lastcall(['drill', ...words, ...patience]);
  assert.notEqual(stdout, '', stderr);
  const report = JSON.parse(stdout) as DrillReport;
  assert.equal(report.verdict, 'clean', JSON.stringify([report.invalid, report.findings]));
  assert.ok(report.measures.inFlight! > 0);
  const missing = await lastcall(['drill', '--unit', 'drilled', '--state-dir', `${directory}/state`, '--url', address]);
  assert.match(missing.stderr, /no unit is running there/);
});

test('a number that belongs to another process by now gets no signal', async (t) => {
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  t.after(() => bystander.kill('SIGKILL'));
  const { RunningTarget } = await import('../target/running.ts');
  const target = new RunningTarget(bystander.pid!);
  t.after(() => target.destroy());
  const { signalGroup, signalProcess } = await import('../target/signals.ts');
  const [seen] = target.processes();
  const earlier = { ...seen!, startTime: '1' };
  assert.equal(signalProcess(earlier, 'SIGKILL'), false);
  assert.equal(signalGroup(earlier, 'SIGKILL'), false);
  assert.notEqual(processIdentity(bystander.pid!), null);
  assert.equal(signalProcess(seen!, 'SIGKILL'), true);
  assert.equal((await target.ended).code, null);
});

function startUnit(t: TestContext, port: number, directory: string): void {
  const child = spawn(process.execPath, [UNIT, 'none', String(port), '0', directory], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
