// The proof of GPUs, driven by a program called nvidia-smi that answers from a file.
import assert from 'node:assert/strict';
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { temporaryDirectory } from '../base/files/testing/temporary-directory.ts';
import { realScheduler } from './testing/real.ts';

interface FakeGpus {
  /** Used memory in MiB, by GPU. */
  use(...usedMib: readonly number[]): void;
  compute(...lines: readonly string[]): void;
}

/** Two GPUs on the PATH of this process, until the test is over. */
function fakeGpus(t: TestContext): FakeGpus {
  const directory = temporaryDirectory(t);
  const program = join(directory, 'nvidia-smi');
  writeFileSync(
    program,
    `#!/bin/sh
case $1 in
--query-gpu=uuid,pci.bus_id) exit 6 ;;
--query-gpu=*) cat '${directory}/gpus' ;;
--query-compute-apps=*) cat '${directory}/apps' ;;
esac
`,
  );
  chmodSync(program, 0o700);
  const before = process.env['PATH'];
  process.env['PATH'] = `${directory}:${before}`;
  t.after(() => (process.env['PATH'] = before));
  // Renamed, so that nobody reads half of an answer.
  const answer = (name: string, text: string) => {
    writeFileSync(join(directory, `${name}.new`), text);
    renameSync(join(directory, `${name}.new`), join(directory, name));
  };
  const fake: FakeGpus = {
    use: (...usedMib) =>
      answer(
        'gpus',
        usedMib.map((used, index) => `${index}, GPU-${index}, NVIDIA H200, ${used}, 143771, 0\n`).join(''),
      ),
    compute: (...lines) => answer('apps', lines.map((line) => `${line}\n`).join('')),
  };
  fake.use(500, 500);
  fake.compute();
  return fake;
}

const GPUS = { kind: 'gpus', wanted: null } as const;

test('a GPU whose memory does not come back is put aside; the rest works on; it comes back with its memory', async (t) => {
  const gpus = fakeGpus(t);
  const real = await realScheduler(t, { devices: GPUS, rules: { releaseMs: 6_000 } });
  const { id } = await real.submit({ argv: ['/bin/sh', '-c', 'echo "$CUDA_VISIBLE_DEVICES"; exec sleep 60'], gpus: 1 });
  await real.reaches(id, 'running');
  gpus.use(30_000, 500);
  await real.scheduler.cancel(id, { by: 'ann', force: true });
  const quarantined = await real.hears('resource_quarantined');
  assert.equal(quarantined['resource'], 'gpu:GPU-0');
  assert.match(String(quarantined['evidence']), /30000 MiB are in use, and 500 MiB were before/);
  const other = await real.submit({ argv: ['/bin/sh', '-c', 'echo "$CUDA_VISIBLE_DEVICES"'], gpus: 1 });
  await real.reaches(other.id, 'completed');
  assert.equal((await real.scheduler.log(other.id))?.bytes.toString(), 'GPU-1\n');
  const both = await real.submit({ argv: ['true'], gpus: 2 });
  assert.equal((await real.scheduler.job(both.id)).state, 'queued');
  gpus.use(510, 500);
  await real.scheduler.check('gpu:GPU-0');
  await real.hears('resource_freed', { resource: 'gpu:GPU-0' });
  await real.reaches(both.id, 'completed');
});

test("somebody else's process makes a GPU foreign: shown, not handed out, and back when it has gone", async (t) => {
  const gpus = fakeGpus(t);
  gpus.compute('4711, python, GPU-1, 900');
  const real = await realScheduler(t, { devices: GPUS });
  const seen = real.scheduler.pool().resources.find(({ id }) => id === 'gpu:GPU-1');
  assert.deepEqual([seen?.state, seen?.evidence], ['foreign', 'python (process 4711)']);
  const { id } = await real.submit({ argv: ['true'], gpus: 2 });
  assert.equal((await real.scheduler.job(id)).state, 'queued');
  gpus.compute();
  await real.reaches(id, 'completed');
});

test('a GPU that does not exist, and a machine without a GPU program, are refused by name', async (t) => {
  fakeGpus(t);
  await assert.rejects(
    realScheduler(t, { devices: { kind: 'gpus', wanted: ['7'] } }),
    /--gpus 7: there is no such GPU.*0 \(GPU-0\)/,
  );
  const { scheduler } = await realScheduler(t, { devices: { kind: 'gpus', wanted: ['GPU-1'] } });
  assert.deepEqual(
    scheduler.pool().resources.map(({ id }) => id),
    ['gpu:GPU-1'],
  );
});
