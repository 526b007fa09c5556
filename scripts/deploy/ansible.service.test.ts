// The playbooks of deploy/ansible, run for real: "hosts" are this machine, and their models are units with state of their own.
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { useService } from '../services/use.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const READY_MS_MAX = 60_000;

/** A model that is at work, and whose checkpoint cannot be written if `isBad`. */
async function model(t: TestContext, state: string, name: string, isBad: boolean): Promise<ChildProcess> {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const program = `
    import { unit } from ${JSON.stringify(join(ROOT, 'src', 'lifecycle', 'index.ts'))};
    const model = unit(${JSON.stringify(name)}, { grace: '20s', stateDir: ${JSON.stringify(state)}, log: false });
    model.onPersist('checkpoint', () => { if (${isBad}) throw new Error('no space left'); });
    setInterval(() => {}, 1_000);
    await model.ready();
    process.stdout.write('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} never was ready`)), READY_MS_MAX);
    child.stdout.once('data', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  return child;
}

test('a fleet is taken down host by host, and the first that could not save its state stops the rest', async (t) => {
  const ansible = await useService('ansible', t);
  if (!ansible) return;
  const folder = mkdtempSync(join(tmpdir(), 'fleet-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const wrapper = join(folder, 'lastcall');
  writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'bin', 'lastcall.js')}' "$@"\n`, {
    mode: 0o755,
  });
  const hosts = ['one', 'two', 'three'];
  const inventory = {
    all: {
      children: {
        model_servers: {
          hosts: Object.fromEntries(
            hosts.map((host) => [host, { models: ['fraud'], lastcall_state_dir: join(folder, host) }]),
          ),
          vars: {
            ansible_connection: 'local',
            ansible_python_interpreter: '{{ ansible_playbook_python }}',
            lastcall_command: wrapper,
            manage_systemd: false,
            ready_delay: 0,
          },
        },
      },
    },
  };
  writeFileSync(join(folder, 'inventory.json'), JSON.stringify(inventory));
  const models = new Map<string, ChildProcess>();
  for (const host of hosts) models.set(host, await model(t, join(folder, host, 'fraud'), 'fraud', host === 'two'));
  const play = (book: string, ...words: string[]): Promise<{ status: number; stdout: string }> => {
    const path = join(ROOT, 'deploy', 'ansible', book);
    const env = { ...ansible.env, ANSIBLE_HOME: join(folder, 'home'), ANSIBLE_NOCOLOR: '1', LC_ALL: 'C.UTF-8' };
    const args = ['-i', join(folder, 'inventory.json'), path, '-e', 'ready_tries=20', ...words];
    return new Promise((resolve) => {
      execFile('ansible-playbook', args, { env, timeout: 200_000 }, (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code ?? -1) : 0, stdout: stdout + stderr });
      });
    });
  };

  const up = await play('bring-up.yml', '-e', 'batch=1');
  assert.equal(up.status, 0, `all are ready: ${up.stdout}`);
  const down = await play('take-down.yml', '-e', 'batch=1');
  assert.notEqual(down.status, 0, down.stdout);
  assert.match(down.stdout, /fraud: clean, exit code 0/);
  assert.match(down.stdout, /fraud on two ended with 101\./);
  const alive = hosts.filter((host) => models.get(host)!.exitCode === null && models.get(host)!.signalCode === null);
  assert.deepEqual(alive, ['three'], 'the third host goes on');

  const again = await play('take-down.yml', '-e', 'batch=100%');
  assert.equal(again.status, 0, again.stdout);
  assert.match(again.stdout, /fraud: was not running/);
});
