// Units that were killed without a chance to write anything: the next start of the same name reports them.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { test } from 'node:test';

import { Program } from './testing/program.ts';

const NEXT = `
  const api = unit('api');
  await api.ready();
  say('found');
`;

test('a unit that was killed is reported by the next start of its name, with what was known of its work', async (t) => {
  const first = new Program(
    t,
    `
    const api = unit('api', { workOf: 'requests' });
    live();
    await api.ready();
    api.checkpointed({ id: 'ckpt_7', verified: true, stepsBack: 0, position: {} });
    api.work.acceptMany(10);
    api.work.finishMany(6);
    say('working');
  `,
  );
  await first.says('working');
  // The watchdog's thread journals the counts once a second.
  const running = join(first.stateDir, 'running');
  await until(() => readRunning(running).some((text) => text.includes('ckpt_7') && text.includes('"finished":6')));
  first.signal('SIGKILL');
  assert.deepEqual(await first.ended, { code: null, signal: 'SIGKILL' });
  assert.deepEqual(first.reports(), []);

  const second = new Program(t, NEXT, { stateDir: first.stateDir });
  await second.ended;
  const [crash, clean] = second.reports();
  assert.ok(crash);
  assert.equal(crash?.unit.pid, first.pid);
  assert.deepEqual([crash?.cause.kind, crash?.outcome, crash?.exitCode], ['crash', 'killed', 137]);
  const { accepted, finished, lost, unknown } = crash.work;
  assert.deepEqual({ accepted, finished, lost, unknown }, { accepted: 10, finished: 6, lost: 0, unknown: 4 });
  assert.equal(crash?.checkpoint?.id, 'ckpt_7');
  assert.equal(crash?.released.proven, false);
  assert.equal(clean?.outcome, 'clean');
  assert.deepEqual(readdirSync(running), [], 'no record is left');
  await second.logs('found_dead', { dead: crash?.unit.instance });
});

test('a unit killed in the middle of its ending is reported with the stages that it went through', async (t) => {
  const first = new Program(
    t,
    `
    const api = unit('api', { grace: '60s' });
    api.onDrain('requests', () => sleep(20));
    api.onPersist('model', async () => { await sleep(100); say('saving'); await never(); });
    live();
    await api.ready();
    say('ready');
  `,
  );
  await first.says('ready');
  first.signal('SIGTERM');
  await first.says('saving');
  const running = join(first.stateDir, 'running');
  await until(() => readRunning(running).some((text) => text.includes('"name":"persist"')));
  first.signal('SIGKILL');
  await first.ended;
  const second = new Program(t, NEXT, { stateDir: first.stateDir });
  await second.ended;
  const crash = second.reports()[0];
  assert.deepEqual(
    crash?.stages.map(({ name }) => name),
    ['announce', 'intake', 'drain'],
  );
  assert.equal(crash?.signals[0]?.signal, 'SIGTERM');
});

test('a living unit of the same name, another name and a torn record are left alone', async (t) => {
  const living = new Program(
    t,
    `const api = unit('api', { control: false }); live(); await api.ready(); say('ready');`,
  );
  await living.says('ready');
  const other = new Program(t, `const b = unit('batch'); live(); await b.ready(); say('ready');`, {
    stateDir: living.stateDir,
  });
  await other.says('ready');
  other.signal('SIGKILL');
  await other.ended;
  const running = join(living.stateDir, 'running');
  writeFileSync(join(running, 'unit_torn.json'), '{"schema":"lastcall.running/1","proc');
  const next = new Program(t, NEXT, { stateDir: living.stateDir });
  assert.deepEqual(await next.ended, { code: 0, signal: null });
  assert.equal(next.report().unit.pid, next.pid);
  assert.equal(readdirSync(running).filter((name) => name.startsWith('unit_0')).length, 2);
});

test('a unit that ended leaves no record behind while its process goes on with another', async (t) => {
  const program = new Program(
    t,
    `
    const first = unit('first');
    const second = unit('second');
    live();
    await first.ready();
    await second.ready();
    await second.stop();
    const work = () => { first.work.acceptMany(1); first.work.finishMany(1); };
    work();
    process.once('SIGUSR2', work);
    say('over');
  `,
  );
  await program.says('over');
  const running = join(program.stateDir, 'running');
  // Two rounds of the journal, a second apart: whatever was still to be written about the ended unit was written.
  await until(() => readRunning(running).some((text) => text.includes('"finished":1')));
  program.signal('SIGUSR2');
  await until(() => readRunning(running).some((text) => text.includes('"finished":2')));
  const names = readRunning(running).map((text) => /"name":"(first|second)","instance"/.exec(text)?.[1]);
  assert.deepEqual(names, ['first']);
  assert.equal(program.report().unit.name, 'second');
});

function readRunning(directory: string): string[] {
  return readdirSync(directory).map((name) => {
    try {
      return readFileSync(join(directory, name), 'utf8');
    } catch {
      return ''; // Replaced meanwhile.
    }
  });
}

async function until(holds: () => boolean): Promise<void> {
  for (let round = 0; round < 2_000; round++) {
    if (holds()) return;
    await setTimeout(10);
  }
  throw new Error('waited for 20 s in vain');
}
