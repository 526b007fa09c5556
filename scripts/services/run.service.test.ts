import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { useService } from './use.ts';

const RUN = join(import.meta.dirname, 'run.ts');
const notes = mkdtempSync(join(tmpdir(), 'running-'));
process.env['RUNNING_SERVICES_FOLDER'] = notes;
after(() => rmSync(notes, { recursive: true }));

/** A holder of Prometheus that has said its address; undefined if Prometheus cannot be had. */
async function hold(
  t: TestContext,
): Promise<{ holder: ChildProcess; address: string; code: Promise<unknown> } | undefined> {
  if (!(await useService('prometheus', t))) return undefined;
  const holder = spawn(process.execPath, [RUN, 'start', 'prometheus'], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => holder.kill('SIGKILL'));
  const code = new Promise((resolve) => holder.once('exit', resolve));
  const line = await new Promise<string>((resolve) =>
    holder.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString())),
  );
  return { holder, code, address: /prometheus (127\.0\.0\.1:\d+)/.exec(line)?.[1] ?? line };
}

test('start holds a service until stop ends it from elsewhere, and list shows it meanwhile', async (t) => {
  const held = await hold(t);
  if (!held) return;
  assert.ok((await fetch(`http://${held.address}/-/ready`)).ok);
  assert.match(
    execFileSync(process.execPath, [RUN, 'list'], { encoding: 'utf8' }),
    new RegExp(`running on ${held.address}`),
  );
  execFileSync(process.execPath, [RUN, 'stop', 'prometheus'], { stdio: 'ignore' });
  assert.equal(await held.code, 0);
  await assert.rejects(fetch(`http://${held.address}/-/ready`));
  assert.ok(!execFileSync(process.execPath, [RUN, 'list'], { encoding: 'utf8' }).includes(held.address));
});

test('a holder that is killed takes its service with it, and leaves no note that is believed', async (t) => {
  const held = await hold(t);
  if (!held) return;
  held.holder.kill('SIGKILL');
  await held.code;
  for (let tries = 0; tries < 500; tries++) {
    const answer = await fetch(`http://${held.address}/-/ready`).catch(() => undefined);
    if (!answer) break;
    assert.ok(tries < 499, 'the service still answers');
  }
  assert.ok(!execFileSync(process.execPath, [RUN, 'list'], { encoding: 'utf8' }).includes(held.address));
});

test('an unknown service and an unknown verb are refused with what there is', () => {
  const run = (...args: string[]): string => {
    try {
      execFileSync(process.execPath, [RUN, ...args], { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
      return 'accepted';
    } catch (error) {
      return (error as { stderr: string }).stderr;
    }
  };
  assert.match(run('start', 'nothing'), /there is no service nothing; there are: .*bytewax, .*prometheus/);
  assert.match(run('begin'), /usage: npm run services/);
});
