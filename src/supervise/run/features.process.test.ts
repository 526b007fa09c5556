import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { newDirectory } from '../../lifecycle/testing/program.ts';
import { until } from '../../lifecycle/testing/until.ts';
import { BIN, RunProgram } from '../testing/run-program.ts';
import { serve } from '../testing/serve.ts';

const LOOP = 'while :; do sleep 0.02; done';

test('a burst of 1 MiB right before the exit arrives whole, through a reader that is slow', async (t) => {
  const script =
    "require('fs').writeSync(2, 'up'); require('child_process').execFileSync('head', ['-c', '1048576', '/dev/zero'], { stdio: ['ignore', 1, 2] })";
  for (const probe of [[], ['--ready', 'log:never', '--ready-within', '50s']]) {
    const run = new RunProgram(t, [...probe, '--', process.execPath, '-e', script], { slowReader: true });
    await until(() => run.stderr.includes('up'), 'the start');
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of run.child.stdout as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      // Slower than the writer: its pipe is full most of the time.
      await new Promise(setImmediate);
    }
    assert.equal((await run.ended).code, 0);
    assert.equal(bytes, 2 ** 20);
    assert.equal(
      hash.digest('hex'),
      createHash('sha256')
        .update(Buffer.alloc(2 ** 20))
        .digest('hex'),
    );
  }
});

test('output that is no text passes through as it is, on both streams', async (t) => {
  const run = new RunProgram(t, ['--ready', 'log:ready', '--', 'sh', '-c', 'printf "\\377\\0ready\\n\\376"'], {
    slowReader: true,
  });
  const chunks: Buffer[] = [];
  for await (const chunk of run.child.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
  assert.deepEqual(Buffer.concat(chunks), Buffer.from([0xff, 0, ...Buffer.from('ready\n'), 0xfe]));
  assert.equal((await run.ended).code, 0);
});

const TELL_READY = `require('http').request({ socketPath: process.env.LASTCALL_CONTROL, method: 'POST', path: '/ready' }).end()`;
const PROBES: readonly (readonly [what: string, probe: (file: string) => string])[] = [
  ['a line of its output', () => 'log:^up \\d+$'],
  ['a file', (file) => `file:${file}`],
  ['a command', (file) => `cmd:test -e ${file}`],
  ['itself, over the socket', () => 'control'],
];
for (const [what, probe] of PROBES) {
  test(`a command is ready when this says so: ${what}`, async (t) => {
    const file = `${newDirectory(t)}/ready`;
    const script = `echo begun; until [ -e ${file}.go ]; do sleep 0.02; done; echo up 1; touch ${file}; "$0" -e "$1"; ${LOOP}`;
    const words = ['--ready', probe(file), '--', 'sh', '-c', script, process.execPath, TELL_READY];
    const run = new RunProgram(t, words);
    await run.says('begun');
    assert(!run.log.some(({ event }) => event === 'ready'));
    writeFileSync(`${file}.go`, '');
    await run.logs('ready');
    run.signal('SIGTERM');
    assert.equal((await run.ended).code, 0);
  });
}

test('not ready in time ends with 109, and says what the last answer was', async (t) => {
  const server = await serve(t, () => ({ status: 503, body: 'loading weights' }));
  const words = ['--ready', `http:${server.port}/health`, '--ready-within', '3s', '--', 'sleep', '961'];
  const run = new RunProgram(t, words);
  assert.equal((await run.ended).code, 109);
  const { error, outcome } = run.report();
  assert.match(error ?? '', /not ready within 3 s; the last answer was: .*503 "loading weights"/);
  assert.equal(outcome, 'refused');
  assert.deepEqual(run.left(), []);
});

test('a port that somebody has is refused by naming who', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  const run = new RunProgram(t, ['--app-port', String(port), '--', 'echo', 'started']);
  assert.equal((await run.ended).code, 109);
  assert.match(run.report().error ?? '', new RegExp(`taken by process ${process.pid} \\(.*node`));
  assert.equal(run.stdout, '');
});

test('a command that fails is started again with growing delays, and a stop between two starts ends it', async (t) => {
  const run = new RunProgram(t, ['--restart', 'on-failure', '--', 'sh', '-c', 'echo start; exit 4']);
  await run.logs('command_restarting', { afterMs: 1_000 });
  run.signal('SIGTERM');
  assert.equal((await run.ended).code, 4);
  assert.equal(run.stdout, 'start\nstart\n');
  assert.deepEqual(run.left(), []);
});

test('companions start before the command, when the one before is ready, and end after it in reverse order', async (t) => {
  const files = newDirectory(t);
  const member = (name: string) =>
    `sh -c 'trap "echo end ${name}; exit 0" TERM; echo begin ${name}; touch ${files}/${name}; ${LOOP}'`;
  const run = new RunProgram(t, [
    ...['one', 'two'].flatMap((name) => ['--with', `${name}=${member(name)}`]),
    ...['one', 'two'].flatMap((name) => ['--with-ready', `${name}=file:${files}/${name}`]),
    '--',
    'sh',
    '-c',
    `trap "sleep 0.1; echo end main; exit 0" TERM; echo begin main; ${LOOP}`,
  ]);
  await run.says('begin main');
  run.signal('SIGTERM');
  assert.equal((await run.ended).code, 0);
  const order = ['begin one', 'begin two', 'begin main', 'end main', 'end two', 'end one'];
  assert.deepEqual(run.stdout.trim().split('\n'), order);
});

test("a companion's death is told, or ends the whole with 109 where that was asked for", async (t) => {
  const told = new RunProgram(t, ['--with', 'helper=false', '--', 'sh', '-c', 'sleep 0.3; exit 5']);
  assert.equal((await told.ended).code, 5);
  assert(told.log.some(({ event, name, code }) => event === 'companion_ended' && name === 'helper' && code === 1));
  const ending = new RunProgram(t, ['--with', 'helper=false', '--with-death', 'end', '--', 'sleep', '962']);
  assert.equal((await ending.ended).code, 109);
  assert.match(ending.report().error ?? '', /companion helper: it ended with 1/);
});

test('the command hears of the end only when what drains it says yes', async (t) => {
  let drained = false;
  const server = await serve(t, () => ({ status: drained ? 200 : 503 }));
  const words = [
    '--drain-until',
    `http:${server.port}/drained`,
    '--',
    'sh',
    '-c',
    `trap "echo asked; exit 0" TERM; echo up; ${LOOP}`,
  ];
  const run = new RunProgram(t, words);
  await run.says('up');
  run.signal('SIGTERM');
  await until(() => server.asked.length >= 2, 'two questions');
  assert.equal(run.stdout, 'up\n');
  drained = true;
  assert.equal((await run.ended).code, 0);
  assert.equal(run.stdout, 'up\nasked\n');
});

test('routers are told first, again until they have heard; 103 if one never does', async (t) => {
  let tries = 0;
  const router = await serve(t, () => ({ status: ++tries < 3 ? 500 : 200 }));
  const heard = new RunProgram(t, ['--deregister', `consul:api 1@${router.base}`, '--', 'sleep', '963']);
  await heard.logs('ready');
  heard.signal('SIGTERM');
  assert.equal((await heard.ended).code, 0);
  const put = { method: 'PUT', url: '/v1/agent/service/deregister/api%201' };
  assert.deepEqual(
    router.asked.map(({ method, url }) => ({ method, url })),
    [put, put, put],
  );

  const unheard = new RunProgram(t, ['--announce-cap', '400ms', '--deregister', 'cmd:false', '--', 'sleep', '964']);
  await unheard.logs('ready');
  unheard.signal('SIGTERM');
  assert.equal((await unheard.ended).code, 103);
  assert.equal(unheard.report().outcome, 'clean');
});

test('a preemption notice ends it in the time that is left, and asks for a requeue with 108', async (t) => {
  const file = `${newDirectory(t)}/notice`;
  const run = new RunProgram(t, ['--notice', `file:${file}`, '--', 'sh', '-c', `trap "exit 0" TERM; echo up; ${LOOP}`]);
  await run.says('up');
  await run.logs('ready');
  writeFileSync(file, '20s');
  assert.equal((await run.ended).code, 108);
  const { cause, budget, outcome } = run.report();
  assert.deepEqual([cause.kind, cause.provider, outcome], ['preemption', 'file', 'preempted']);
  assert.deepEqual([budget.totalMs, budget.source], [19_000, 'notice']);
});

test('what is to run at the very end gets the code, the outcome and the report', async (t) => {
  const file = `${newDirectory(t)}/told`;
  // One of ours may be what is run, and takes no offence at these variables.
  const tell = `sh -c '${process.execPath} ${BIN} config --state-dir /tmp >/dev/null && echo $LASTCALL_EXIT_CODE $LASTCALL_OUTCOME >${file}; cat "$LASTCALL_REPORT" >>${file}'`;
  const run = new RunProgram(t, ['--on-exit', tell, '--', 'sh', '-c', 'exit 6']);
  assert.equal((await run.ended).code, 6);
  const [line, ...report] = readFileSync(file, 'utf8').split('\n');
  assert.equal(line, '6 failed');
  assert.equal((JSON.parse(report.join('\n')) as { exitCode: number }).exitCode, 6);
});

test('the command tells its work, its progress and its checkpoint over the control socket', async (t) => {
  const program = `
    const { request } = require('http');
    const tell = (path, body) => new Promise((resolve) => {
      const text = JSON.stringify(body);
      request({ socketPath: process.env.LASTCALL_CONTROL, method: 'POST', path, headers: { 'content-length': text.length } },
        (response) => { response.resume(); response.on('end', resolve); }).end(text);
    });
    process.on('SIGTERM', async () => { await tell('/work', { finished: 1 }); process.exit(0); });
    (async () => {
      await tell('/work', { accepted: 5, finished: 3 });
      await tell('/progress', { fraction: 0.5, metrics: { loss: 1.25 } });
      await tell('/checkpointed', { path: '/data/ckpt-7', hash: 'abc' });
      console.log('told');
    })();
    setInterval(() => {}, 1000);`;
  const run = new RunProgram(t, ['--', process.execPath, '-e', program]);
  await run.says('told');
  run.signal('SIGTERM');
  assert.equal((await run.ended).code, 100);
  const { work, checkpoint, outcome } = run.report();
  assert.deepEqual([work.accepted, work.finished, work.lost, outcome], [5, 4, 1, 'incomplete']);
  assert.deepEqual(checkpoint?.position, { path: '/data/ckpt-7', hash: 'abc' });
});

test('work that was said to be complete ends well, whatever the code is afterwards', async (t) => {
  const program = `require('http').request({ socketPath: process.env.LASTCALL_CONTROL, method: 'POST', path: '/complete' },
    (response) => response.resume().on('end', () => process.exit(9))).end()`;
  const run = new RunProgram(t, ['--restart', 'always', '--', process.execPath, '-e', program]);
  assert.equal((await run.ended).code, 0);
});

test('with --json the report is on stdout and nothing else', async (t) => {
  const run = new RunProgram(t, ['--json', '--', 'sh', '-c', 'echo of the command; exit 3']);
  assert.equal((await run.ended).code, 3);
  assert.equal((JSON.parse(run.stdout) as { exitCode: number }).exitCode, 3);
  assert.match(run.stderr, /of the command/);
});

test('a name that was chosen and is taken is refused with 107; one that was made up gets a number', async (t) => {
  const first = new RunProgram(t, ['--name', 'sleep', '--', 'sleep', '965']);
  await first.logs('ready');
  const { stateDir } = first;
  const refused = new RunProgram(t, ['--name', 'sleep', '--', 'echo', 'started'], { stateDir });
  assert.equal((await refused.ended).code, 107);
  assert.equal(refused.stdout, '');
  const other = new RunProgram(t, ['--', 'sleep', '0'], { stateDir });
  assert.equal((await other.ended).code, 0);
  first.signal('SIGTERM');
  assert.equal((await first.ended).code, 0);
  const names = first.reports().map(({ unit }) => unit.name);
  assert.deepEqual(names.toSorted(), ['sleep', `sleep-${other.pid}`]);
});

test('as process 1 it ends when asked, and collects what is left to it', async (t) => {
  const orphan = '(sleep 0.05 & ) ; echo up';
  const script = `trap "exit 0" TERM; ${orphan}; ${LOOP}`;
  const through = ['unshare', '--pid', '--fork', '--kill-child=KILL', '--mount-proc'];
  const run = new RunProgram(t, ['--', 'sh', '-c', script], { through });
  await run.says('up');
  await run.logs('ready');
  const { pid } = (await run.logs('starting')) as unknown as { pid: number };
  assert.equal(pid, 1);
  // unshare itself passes no signal on; the one meant is its only child.
  const { firstChildOf } = await import('../ownership/offspring.ts');
  process.kill(firstChildOf(run.pid)!.pid, 'SIGTERM');
  assert.equal((await run.ended).code, 0);
  assert.equal(run.report().outcome, 'clean');
});

test('signals that end nothing reach the command', async (t) => {
  const run = new RunProgram(t, ['--', 'sh', '-c', `trap "echo usr1" USR1; trap "exit 0" TERM; echo up; ${LOOP}`]);
  await run.says('up');
  await run.logs('ready');
  run.signal('SIGUSR1');
  await run.says('usr1');
  run.signal('SIGTERM');
  assert.equal((await run.ended).code, 0);
});

const hasScript = spawnSync('script', ['--version'], { stdio: 'ignore' }).status === 0;
test(
  '--foreground gives the terminal away: Ctrl+C is the business of the command',
  { skip: !hasScript && 'there is no script(1) to make a terminal' },
  async (t) => {
    const stateDir = newDirectory(t);
    const program = `trap "echo int; exit 5" INT; echo up; while :; do sleep 0.02; done`;
    const words = [process.execPath, BIN, 'run', '--foreground', '--', 'sh', '-c', program];
    const line = words.map((word) => `'${word}'`).join(' ');
    const env = { ...process.env, LASTCALL_STATE_DIR: stateDir };
    const terminal = spawn('script', ['-qec', line, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    t.after(() => terminal.kill('SIGKILL'));
    let shown = '';
    terminal.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => terminal.once('exit', resolve));
    await until(() => shown.includes('up'), 'the start');
    terminal.stdin.write('\u0003');
    assert.equal(await ended, 5);
    assert.match(shown, /int/);
    const [report] = readdirSync(`${stateDir}/reports`);
    const { cause } = JSON.parse(readFileSync(`${stateDir}/reports/${report}`, 'utf8')) as { cause: { kind: string } };
    // Nobody asked us to end: the command did so of its own accord.
    assert.equal(cause.kind, 'crash');
  },
);
