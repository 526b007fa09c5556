// What comes while `stream run` is still starting: a stop, once or twice, and a module that is no pipeline.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../../bin/lastcall.js', import.meta.url));
const STREAM = new URL('../../stream/index.ts', import.meta.url).href;
const LIFECYCLE = new URL('../../lifecycle/index.ts', import.meta.url).href;
const LIMIT = { timeout: 60_000 };

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lastcall-starting-'));
});
after(() => rm(directory, { recursive: true, force: true }));

/** A pipeline that never comes to an end. */
const PIPELINE = `
  import { pipeline } from '${STREAM}';
  export default pipeline('early', { source: { kind: 'none', identity: 'none', schema: 1, open: async () => ({
    partitions: 1, recordsIn: () => null, holds: async () => true, read: async () => 'idle',
    more: (signal) => new Promise((resolve) => signal.addEventListener('abort', resolve)), close: async () => {},
  }) }, process() {} });
`;

interface Run {
  readonly child: ChildProcess;
  readonly stateDir: string;
  readonly says: (text: string) => Promise<void>;
  /** Exit code, signal, and all of stderr. */
  readonly ended: () => Promise<readonly [number | null, NodeJS.Signals | null, string]>;
}

async function run(t: TestContext, name: string, module: string): Promise<Run> {
  const file = join(directory, `${name}.mjs`);
  const stateDir = join(directory, `${name}-state`);
  await writeFile(file, module);
  const env = { ...process.env, LASTCALL_STATE_DIR: stateDir };
  const child = spawn(process.execPath, [BIN, 'stream', 'run', file, '--json'], { env });
  t.after(() => child.kill('SIGKILL'));
  const closed = once(child, 'close');
  let out = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return {
    child,
    stateDir,
    async says(text) {
      while (!out.includes(text)) await Promise.race([once(child.stdout, 'data'), closed.then(failed)]);
    },
    async ended() {
      const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null];
      return [code, signal, errors];
    },
  };
  function failed(): never {
    throw new Error(`it ended first: ${out} ${errors}`);
  }
}

async function onlyReport(stateDir: string): Promise<{ cause: { signal?: string }; outcome: string }> {
  const [name, ...others] = await readdir(join(stateDir, 'reports'));
  assert.deepEqual(others, []);
  return JSON.parse(await readFile(join(stateDir, 'reports', name!), 'utf8'));
}

/** Whether the process hears signals: Node has no handler of its own for SIGHUP, the lowest bit of the mask (proc(5)). */
async function hears({ pid }: ChildProcess): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return mask !== undefined && BigInt(`0x${mask}`) % 2n === 1n;
}

test('a stop in the first moment in which it can be heard ends in order, with a report', LIMIT, async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { child, stateDir, ended } = await run(t, `first-${signal}`, PIPELINE);
    while (!(await hears(child))) await nextTurn();
    child.kill(signal);
    assert.deepEqual((await ended()).slice(0, 2), [0, null]);
    const report = await onlyReport(stateDir);
    assert.deepEqual([report.cause.signal, report.outcome], [signal, 'clean']);
  }
});

test('a stop while the module is being loaded is kept for its pipeline', LIMIT, async (t) => {
  const slow = `
    const alive = setInterval(() => {}, 1000);
    process.stdout.write('loading\\n');
    await new Promise((go) => process.once('SIGTERM', go));
    clearInterval(alive);${PIPELINE}`;
  const { child, stateDir, says, ended } = await run(t, 'module', slow);
  await says('loading');
  child.kill('SIGTERM');
  assert.deepEqual((await ended()).slice(0, 2), [0, null]);
  assert.equal((await onlyReport(stateDir)).outcome, 'clean');
});

test(
  'a second stop while a module never comes to its end leaves at once with the code of the signal',
  LIMIT,
  async (t) => {
    const stuck = `
    process.stdout.write('loading\\n');
    process.once('SIGTERM', () => setTimeout(() => process.stdout.write('later\\n'), 700));
    await new Promise(() => setInterval(() => {}, 1000));${PIPELINE}`;
    const { child, says, ended } = await run(t, 'stuck', stuck);
    await says('loading');
    child.kill('SIGTERM');
    await says('later');
    child.kill('SIGTERM');
    const [code, , errors] = await ended();
    assert.equal(code, 143);
    assert.match(errors, /SIGTERM \(again, before there was anything to end\)/);
  },
);

test(
  'a module without a pipeline that begins something else ends with the reason: units by their stages',
  LIMIT,
  async (t) => {
    const made = `
    import { unit } from '${LIFECYCLE}';
    const lonely = unit('lonely');
    lonely.onRelease('port', async () => { await null; process.stdout.write('released\\n'); });
    await lonely.ready();
    setInterval(() => {}, 1000);`;
    const one = await run(t, 'unit', made);
    await one.says('released');
    const [code, , errors] = await one.ended();
    assert.deepEqual([code, /its default export is not a pipeline/.test(errors)], [2, true]);
    assert.equal((await onlyReport(one.stateDir)).outcome, 'failed');
    const server = await run(t, 'server', 'setInterval(() => {}, 1000);');
    assert.equal((await server.ended())[0], 2);
  },
);
