import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { temporaryDirectory } from '../../base/files/testing/temporary-directory.ts';
import { Program } from '../../lifecycle/testing/program.ts';
import { lastcall } from '../testing/invoke.ts';
import { line, receiver, rulesFile } from './testing.ts';

interface Found {
  readonly task_id: string;
  readonly phase: string;
  readonly evidence: string;
  readonly action: string;
}

function found(stdout: string): Found[] {
  const lines = stdout.trimEnd().split('\n');
  return lines.slice(0, -1).map((text) => JSON.parse(text) as Found);
}

test('a dry run over rotated and compressed files of a directory lists what never ended, and changes nothing', async (t) => {
  const home = temporaryDirectory(t);
  const logs = join(home, 'logs');
  mkdirSync(logs);
  // The end of `done` stands before its start, `late` is there twice, and one line is torn.
  writeFileSync(join(logs, 'a.log.2.gz'), gzipSync(line('done', 'completed') + line('stuck', 'submitted')));
  writeFileSync(join(logs, 'a.log.1'), line('done', 'started') + line('stuck', 'started') + line('stuck', 'started'));
  writeFileSync(join(logs, 'a.log'), `{"level":"info"}\n${line('waiting', 'submitted')}{"time":"2026-11`);
  const state = join(home, 'state');
  const words = ['reconcile', logs, '--dry-run', '--state-dir', state];
  const json = await lastcall([...words, '--json']);
  assert.equal(json.code, 10, json.stderr);
  assert.deepEqual(
    found(json.stdout).map(({ task_id, action }) => [task_id, action]),
    [['stuck', 'none: nobody knows whether its owner lives']],
  );
  assert.match(json.stdout, /"lines":\{"tasks":6,"other":1,"bad":1\},"atWork":1/);
  const people = await lastcall(words);
  assert.equal(people.code, 10);
  assert.match(people.stdout, /1 task began and never ended; 1 waiting or at work\./);
  assert.match(people.stdout, /could not be read: a\.log, byte \d+: /);
  assert(!existsSync(join(state, 'reconcile')), 'nothing is remembered');
});

test('what is proven gone is released and begun again, once; the next run goes on where this one stopped', async (t) => {
  const home = temporaryDirectory(t);
  const log = join(home, 'tasks.log');
  writeFileSync(log, line('a', 'started', { idempotent: true }) + line('b', 'started', { idempotent: false }));
  const { url, calls } = await receiver(t);
  const rules = rulesFile(home, url, 'staleAfter: 1h\n');
  const words = ['reconcile', log, '--rules', rules, '--state-dir', join(home, 'state'), '--json'];
  const first = await lastcall(words);
  assert.equal(first.code, 0, first.stderr);
  assert.deepEqual(calls.map(({ method, path, key }) => `${method} ${path} ${key}`).sort(), [
    'DELETE /locks/a a/1/release/0',
    'DELETE /locks/b b/1/release/0',
    'POST /tasks/a/attempts/2 a/1/resubmit/0',
  ]);
  assert.deepEqual(JSON.parse(calls.find(({ method }) => method === 'POST')!.body), {
    task_id: 'a',
    attempt: 1,
    next_attempt: 2,
    job_id: null,
    node_ip: null,
    payload_ref: null,
    evidence: 'no line for longer than --stale-after',
  });
  assert.deepEqual(
    found(first.stdout)
      .map(({ task_id, action }) => `${task_id} ${action}`)
      .sort(),
    ['a recovered: begun again as attempt 2', 'b reported: it is not idempotent'],
  );
  writeFileSync(
    log,
    readFileSync(log, 'utf8') + line('a', 'started', { attempt: 2 }) + line('a', 'completed', { attempt: 2 }),
  );
  const second = await lastcall(words);
  assert.equal(second.code, 0, second.stderr);
  assert.match(second.stdout, /"lines":\{"tasks":2,/, 'only what is new is read');
  assert.deepEqual(
    found(second.stdout).map(({ task_id }) => task_id),
    ['b'],
  );
  assert.equal(calls.length, 3, 'nothing is done twice');
});

test('a unit that was killed is proof enough, and one that lives is left alone', async (t) => {
  const program = new Program(
    t,
    `const job = unit('job'); live(); await job.ready(); say(job.instance); say('ready');`,
  );
  await program.says('ready');
  const log = join(program.stateDir, 'tasks.log');
  writeFileSync(log, line('a', 'started', { job_id: program.said[0], idempotent: true }));
  const { url, calls } = await receiver(t);
  const rules = rulesFile(program.stateDir, url);
  const words = ['reconcile', log, '--rules', rules, '--state-dir', program.stateDir];
  const alive = await lastcall(words);
  assert.equal(alive.code, 0, alive.stderr);
  assert.match(alive.stdout, /^0 tasks began/m);
  assert.equal(calls.length, 0);
  program.signal('SIGKILL');
  await program.ended;
  const gone = await lastcall(words);
  assert.equal(gone.code, 0, gone.stderr);
  assert.match(gone.stdout, /unit: process \d+ of job is gone/);
  assert.deepEqual(
    calls.map(({ method }) => method),
    ['DELETE', 'POST'],
  );
});

test('what fails for good is a dead letter: listed with its reason, exit code 1, and tried again when told', async (t) => {
  const home = temporaryDirectory(t);
  const log = join(home, 'tasks.log');
  writeFileSync(log, line('a', 'started', { idempotent: true }));
  let status = 500;
  const { url, calls } = await receiver(t, () => status);
  const rules = rulesFile(home, url, 'staleAfter: 1h\ntries: 3\n');
  const words = ['reconcile', log, '--rules', rules, '--state-dir', join(home, 'state'), '--json'];
  const failed = await lastcall(words);
  assert.equal(failed.code, 1, failed.stderr);
  assert.equal(calls.length, 3);
  assert.deepEqual([...new Set(calls.map(({ key }) => key))], ['a/1/release/0'], 'every try has the same key');
  assert.match(found(failed.stdout)[0]!.action, /^dead: release failed 3 times: http DELETE: it answered 500$/);
  const again = await lastcall(words);
  assert.equal(again.code, 1, 'it stays listed');
  assert.equal(calls.length, 3);
  status = 200;
  const retried = await lastcall([...words, '--retry', 'a']);
  assert.equal(retried.code, 0, retried.stderr);
  assert.equal(found(retried.stdout)[0]!.phase, 'recovered');
});

test('a receiver that knows better keeps a task from running twice', async (t) => {
  const home = temporaryDirectory(t);
  const log = join(home, 'tasks.log');
  writeFileSync(log, line('a', 'started', { idempotent: true }));
  const { url, calls } = await receiver(t, ({ method }) => (method === 'POST' ? 409 : 404));
  const rules = rulesFile(home, url, 'staleAfter: 1h\n');
  const { code, stdout } = await lastcall(['reconcile', log, '--rules', rules, '--state-dir', home, '--json']);
  assert.equal(code, 0);
  assert.equal(calls.length, 2);
  assert.deepEqual(found(stdout), []);
});

test('commands get the task in words and environment, and no shell', async (t) => {
  const home = temporaryDirectory(t);
  const log = join(home, 'tasks.log');
  const nasty = '$(touch pwned); `x` "';
  writeFileSync(log, line(nasty, 'started', { idempotent: true, node_ip: '10.0.0.9' }));
  const script = join(home, 'release.mjs');
  const told = join(home, 'told.json');
  writeFileSync(
    script,
    `import { writeFileSync } from 'node:fs';
     const { TASK_ID, TASK_ATTEMPT, IDEMPOTENCY_KEY } = process.env;
     writeFileSync(${JSON.stringify(told)}, JSON.stringify([process.argv.slice(2), TASK_ID, TASK_ATTEMPT, IDEMPOTENCY_KEY]));`,
  );
  const rules = join(home, 'rules.yaml');
  const argv = JSON.stringify([process.execPath, script, '--node={node_ip}', '{task_id}']);
  writeFileSync(rules, `release: [{ command: { argv: ${argv} } }]\nsettle: 0s\nskew: 0s\nstaleAfter: 1h\n`);
  const { code, stderr } = await lastcall(['reconcile', log, '--rules', rules, '--state-dir', join(home, 's')], {
    cwd: home,
  });
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(readFileSync(told, 'utf8')), [
    ['--node=10.0.0.9', nasty],
    nasty,
    '1',
    `${nasty}/1/release/0`,
  ]);
  assert(!existsSync(join(home, 'pwned')));
});

test('other names and words of a log are mapped', async (t) => {
  const home = temporaryDirectory(t);
  const log = join(home, 'tasks.log');
  writeFileSync(
    log,
    '{"ts":1764237600,"request":{"id":7},"event":"begin"}\n{"ts":1764237601,"request":{"id":7},"event":"ok"}\n' +
      '{"ts":1764237600,"request":{"id":8},"event":"begin"}\n',
  );
  const map = ['--map', 'task_id=request.id,time=ts,status=event', '--words', 'started=begin,completed=done|ok'];
  const { code, stdout } = await lastcall(['reconcile', log, ...map, '--dry-run', '--json', '--state-dir', home]);
  assert.equal(code, 10);
  assert.deepEqual(
    found(stdout).map(({ task_id }) => task_id),
    ['8'],
  );
});

test('what cannot be used is refused with its place and what was meant', async (t) => {
  const home = temporaryDirectory(t);
  const rules = join(home, 'rules.yaml');
  const log = join(home, 'tasks.log');
  writeFileSync(log, '');
  const refusal = async (text: string, more: readonly string[] = []): Promise<string> => {
    writeFileSync(rules, text, { mode: 0o600 });
    const { code, stderr } = await lastcall(['reconcile', log, '--rules', rules, '--state-dir', home, ...more]);
    assert.equal(code, 2, stderr);
    return stderr;
  };
  assert.match(
    await refusal('settle: 5s\nskwe: 1s\n'),
    /rules\.yaml:2, skwe: this key is unknown\. Did you mean skew\?/,
  );
  assert.match(await refusal('settle: soon\n'), /rules\.yaml:1, settle: "soon" is not a duration/);
  const typo = 'release:\n  - command: { argv: [x, "{task}"] }\n';
  assert.match(await refusal(typo), /rules\.yaml:2, .*\{task\} stands for nothing.*Did you mean task_id\?/);
  const secret = 'release:\n  - http: { url: "http://127.0.0.1/{task_id}", token: hunter2 }\n';
  assert.match(await refusal(secret), /env:NAME or file:PATH/);
  assert.doesNotMatch(await refusal(secret), /hunter2/);
  assert.match(await refusal('', ['--map', 'taks_id=x']), /there is no "taks_id"[\s\S]*Did you mean task_id\?/);
  assert.match(await refusal('', ['--name', '../x']), /a name has letters/);
});
