import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { lastcall } from '../../cli/testing/invoke.ts';
import { newDirectory } from '../../lifecycle/testing/program.ts';
import { until } from '../../lifecycle/testing/until.ts';
import type { DrillReport } from '../report/report.ts';
import { serviceCommand } from '../testing/service.ts';
import { readProcesses, isMarked } from '../watch/process-table.ts';

const PATIENT = ['--ready-within', '60s', '--deadline', '60s', '--linger', '30s', '--rate', '30', '--after', '600ms'];
const HEALTH = ['--ready', '/readyz', '--live', '/livez', '--http', '/work?{id}'];

async function drill(...words: string[]): Promise<{ code: number; report: DrillReport; stderr: string }> {
  const { code, stdout, stderr } = await lastcall(['drill', ...PATIENT, ...words, '--json']);
  assert.notEqual(stdout, '', stderr);
  return { code, stderr, report: JSON.parse(stdout) as DrillReport };
}

test('a service that ends well is clean: exit code 0, one JSON object, everything accounted for', async (t) => {
  const out = join(newDirectory(t), 'report.json');
  const { code, report } = await drill(
    '--cmd',
    serviceCommand('none'),
    ...HEALTH,
    '--assert',
    'dropped==0 && leftovers==0 && exitCode==0',
    '--out',
    out,
  );
  assert.equal(report.verdict, 'clean', JSON.stringify(report.findings));
  assert.equal(code, 0);
  assert.equal(report.schema, 'lastcall.drill/1');
  assert.equal(report.measures.dropped, 0);
  assert.ok(report.measures.inFlight! > 0 && report.faultsOnWorkInFlight === 1);
  assert.ok(report.measures.firstNotReadyMs! > 0);
  assert.equal(report.bound95, 1);
  assert.deepEqual(
    report.asserts.map((it) => it.holds),
    [true],
  );
  assert.deepEqual(JSON.parse(readFileSync(out, 'utf8')), report);
});

test('a service that exits at once is unclean: exit code 1, grade F, and a command that replays it', async (t) => {
  const directory = newDirectory(t);
  const files = ['--html', join(directory, 'page.html'), '--junit', join(directory, 'junit.xml')];
  const { code, report } = await drill('--cmd', serviceCommand('exits-at-once'), ...HEALTH, ...files, '--seed', '7');
  assert.equal(code, 1);
  assert.deepEqual(
    { verdict: report.verdict, grade: report.grade, ok: report.ok },
    { verdict: 'unclean', grade: 'F', ok: false },
  );
  assert.ok(report.findings.some((it) => it.code === 'dropped-in-flight'));
  assert.match(report.replay, /^lastcall drill --cmd '.*exits-at-once \{port\} \{health\} \{dir\}' .*--seed 7$/);
  assert.equal(report.bound95, null);
  const page = readFileSync(join(directory, 'page.html'), 'utf8');
  assert.match(page, /<svg .*<\/svg>/s);
  assert.doesNotMatch(page, /<script|src=|url\(|https?:\/\/(?!127\.0\.0\.1)/, 'the page needs nothing from elsewhere');
  assert.match(readFileSync(join(directory, 'junit.xml'), 'utf8'), /<failure message="dropped-in-flight: /);
});

test('an assertion that does not hold fails a clean drill, and one about what was not measured as well', async () => {
  const clean = [...HEALTH, '--cmd', serviceCommand('none')];
  const { code, report } = await drill(...clean, '--assert', 'finished > 1000000 || lost == 0');
  assert.equal(code, 1);
  assert.equal(report.verdict, 'clean', JSON.stringify(report.findings));
  assert.deepEqual(
    report.asserts.map((it) => [it.holds, it.why]),
    [[false, 'lost was not measured']],
  );
});

test('a target that never becomes ready, dies, or is no server is invalid, with its own words', async () => {
  const never = await drill(
    '--cmd',
    `${process.execPath} -e 'setInterval(() => {}, 1000)'`,
    '--ready',
    '/readyz',
    '--ready-within',
    '1s',
  );
  assert.deepEqual([never.code, never.report.verdict, never.report.invalid?.code], [1, 'invalid', 'never-ready']);
  const dies = await drill('--cmd', `${process.execPath} -e 'throw new Error("no model here")'`);
  assert.equal(dies.report.invalid?.code, 'never-ready');
  assert.match(dies.report.invalid.what, /exit code 1.*before it was ready/);
  const answers = `String(d).includes("/readyz") ? "HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n" : "SSH-2.0-x\\r\\n"`;
  const code = `net.createServer((c) => c.on("error", () => {}).once("data", (d) => c.end(${answers}))).listen(process.env.PORT, "127.0.0.1")`;
  const garbage = await drill('--cmd', `${process.execPath} -e '${code}'`, '--ready', '/readyz');
  assert.equal(garbage.report.invalid?.code, 'garbage');
  const missing = await drill('--cmd', 'no-such-program-anywhere {port}');
  assert.match(missing.report.invalid?.what ?? '', /127/);
});

test('wrong command lines are refused before anything starts', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /it is not said what to drill/],
    [['--cmd', 'a', '--pid', '4'], /more than one target/],
    [['--cmd', 'a | b'], /means something to a shell only/],
    [['--pid', '4711'], /it is not known where this target answers/],
    [['--cmd', 'a', '--clients', 'keepalive=2'], /is no kind of client[^]*Did you mean keep-alive\?/],
    [['--cmd', 'a', '--fault', 'paus'], /there is no such fault[^]*Did you mean pause\?/],
    [['--cmd', 'a', '--fault', 'upstream-down'], /this fault needs --upstream/],
    [['--cmd', 'a', '--assert', 'droped==0'], /Did you mean dropped\?/],
    [['--cmd', 'a', '--url', 'http://example.com:80'], /--i-own-this-target/],
    [['--cmd', 'a', '--after', '1h'], /longer than a drill may last/],
    [['--cmd', 'a', '--http', 'x y'], /is no path/],
    [['--cmd', 'a', '--header', 'a\r\nb: c'], /is no header/],
    [['--cmd', 'a', '--rate', '6000'], /--rate/],
    [['--cmd', 'a', '--expect-exit', '300'], /no exit code/],
  ];
  await Promise.all(
    cases.map(async ([words, message]) => {
      const { code, stderr } = await lastcall(['drill', ...words]);
      assert.match(stderr, message, words.join(' '));
      assert.equal(code, 2, words.join(' '));
    }),
  );
});

test('a process that runs already gets the signal and nothing else, and its exit code is not guessed', async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const words = serviceCommand('none')
    .replace('{port}', String(port))
    .replace('{health}', '0')
    .replace('{dir}', newDirectory(t))
    .split(' ');
  const child = started(t, words);
  const { report } = await drill('--pid', String(child.pid), '--url', `http://127.0.0.1:${port}`, ...HEALTH);
  assert.equal(report.verdict, 'clean', JSON.stringify([report.findings, report.invalid]));
  assert.equal(report.measures.exitCode, null);
  assert.ok(report.unmeasured.some((it) => it.startsWith('the exit code')));
});

test('what a drill started is gone when the drill is interrupted', async () => {
  const name = `mark-${process.pid}-${Date.now()}`;
  const bin = new URL('../../../bin/lastcall.js', import.meta.url).pathname;
  const words = ['drill', '--cmd', `${serviceCommand('leaves-a-child')} inner ${name}`, '--after', '5m', ...HEALTH];
  const child = spawn(process.execPath, [bin, ...words], {
    stdio: 'ignore',
    env: { ...process.env, DRILL_TEST: name },
  });
  const marked = (): number =>
    [...readProcesses().values()].filter((it) => !it.isZombie && isMarked(it.pid, name)).length;
  // The drill, the service and its child.
  await until(() => marked() >= 3, 'the service and its child');
  child.kill('SIGINT');
  await new Promise((resolve) => child.once('exit', resolve));
  await until(() => marked() === 0, 'nobody left');
});

function started(t: TestContext, words: readonly string[]): ChildProcess {
  const child = spawn(words[0]!, words.slice(1), { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  return child;
}
