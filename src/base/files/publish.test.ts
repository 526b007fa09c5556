import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { LastcallError } from '../errors.ts';
import type { FileLayer } from './layer.ts';
import { publishDirectory } from './publish.ts';
import { systemFiles } from './system-files.ts';
import { contentOf, patternedText } from './testing/disk-content.ts';
import { failingFrom, failingOnce, observedFiles } from './testing/observed-files.ts';
import { powerLossTrials } from './testing/power-loss.ts';
import { SimulatedDisk } from './testing/simulated-disk.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';
import { removeLeftovers } from './temporary.ts';

const STATE = patternedText('state', 5_000);
const MANIFEST = patternedText('manifest', 700);

/** Writes an archive as a careless program would, without a single fsync. */
async function fill(attempt: string, { async: files }: FileLayer): Promise<void> {
  const write = async (path: string, text: string): Promise<void> => {
    const file = await files.open(path, 'wx+', 0o600);
    const bytes = Buffer.from(text);
    try {
      for (let at = 0; at < bytes.length;) at += await files.write(file, bytes.subarray(at), at);
    } finally {
      await files.close(file);
    }
  };
  await files.mkdir(`${attempt}/state`, 0o700);
  await write(`${attempt}/state/database`, STATE);
  await write(`${attempt}/manifest.json`, MANIFEST);
}

function assertWhole(files: FileLayer, path: string): void {
  assert.equal(contentOf(files, `${path}/state/database`), STATE);
  assert.equal(contentOf(files, `${path}/manifest.json`), MANIFEST);
}

test('a directory appears with all that it holds, private, and nothing beside it', async (context) => {
  const parent = temporaryDirectory(context);
  const target = join(parent, 'ckpt_1');
  await publishDirectory(target, async (attempt) => {
    await fill(attempt, systemFiles);
    assert.equal(fs.existsSync(target), false);
  });
  assertWhole(systemFiles, target);
  assert.equal(fs.statSync(target).mode & 0o777, 0o700);
  assert.deepEqual(fs.readdirSync(parent), ['ckpt_1']);
});

test('a name that is taken is refused and what is there stays', async (context) => {
  const parent = temporaryDirectory(context);
  const target = join(parent, 'ckpt_1');
  fs.mkdirSync(target);
  await assert.rejects(
    publishDirectory(target, (attempt) => fill(attempt, systemFiles)),
    (error) => error instanceof LastcallError && error.on === target,
  );
  assert.deepEqual(fs.readdirSync(parent), ['ckpt_1']);
  assert.deepEqual(fs.readdirSync(target), []);
});

test('what the filling throws is thrown on, and its half is removed', async (context) => {
  const parent = temporaryDirectory(context);
  const mistake = new Error('the model does not save');
  const publishing = publishDirectory(join(parent, 'ckpt_1'), async (attempt) => {
    await fill(attempt, systemFiles);
    throw mistake;
  });
  await assert.rejects(publishing, (error) => error === mistake);
  assert.deepEqual(fs.readdirSync(parent), []);
});

test('whichever step fails, the name is absent or complete, and no half is left', async (context) => {
  const root = temporaryDirectory(context);
  const counted = observedFiles(systemFiles, () => {});
  await publishDirectory(join(root, 'counted'), (attempt) => fill(attempt, counted), counted);
  fs.rmSync(join(root, 'counted'), { recursive: true });
  let absent = 0;
  for (let step = 1; step <= counted.steps; step++) {
    const parent = join(root, String(step));
    fs.mkdirSync(parent);
    const files = failingOnce(systemFiles, step, 'ENOSPC');
    await assert.rejects(publishDirectory(join(parent, 'ckpt'), (attempt) => fill(attempt, files), files));
    const names = fs.readdirSync(parent);
    if (names.length === 0) absent += 1;
    else {
      assert.deepEqual(names, ['ckpt'], `step ${step}`);
      assertWhole(systemFiles, join(parent, 'ckpt'));
    }
  }
  assert.equal(absent, counted.steps - 3, 'only the last fsync of the parent comes after the rename');
});

test('a device that fails for good leaves only what the next start sweeps', async () => {
  const counted = observedFiles(new SimulatedDisk(1), () => {});
  await publishDirectory('/ckpt', (attempt) => fill(attempt, counted), counted);
  for (let step = 1; step <= counted.steps; step++) {
    const disk = new SimulatedDisk(1);
    const files = failingFrom(disk, step, 'EIO');
    await assert.rejects(publishDirectory('/ckpt', (attempt) => fill(attempt, files), files));
    await removeLeftovers('/', disk);
    const names = disk.sync.list('/');
    if (names.length > 0) assertWhole(disk, '/ckpt');
    assert.ok(names.length === 0 || names[0] === 'ckpt', `step ${step}: ${names}`);
  }
});

test('power loss leaves the name absent or complete, and complete once the call returned', async (context) => {
  const trials = await powerLossTrials(100, {
    prepare: () => {},
    act: (disk) => publishDirectory('/ckpt', (attempt) => fill(attempt, disk), disk),
    check: (disk, { returned }) => {
      if (disk.sync.stat('/ckpt')) assertWhole(disk, '/ckpt');
      else assert.equal(returned, false, 'the published directory is lost');
    },
  });
  context.diagnostic(`${trials} power losses`);
});

test('the power-loss trials find a publisher that syncs the files but not the directories', async () => {
  const act = async (disk: SimulatedDisk): Promise<void> => {
    disk.sync.mkdir('/attempt', 0o700);
    await fill('/attempt', disk);
    for (const path of ['/attempt/state/database', '/attempt/manifest.json', '/']) {
      if (path === '/') disk.sync.rename('/attempt', '/ckpt');
      const file = disk.sync.open(path, 'r', 0);
      disk.sync.sync(file);
      disk.sync.close(file);
    }
  };
  const check = (disk: SimulatedDisk): void => {
    if (disk.sync.stat('/ckpt')) assertWhole(disk, '/ckpt');
  };
  await assert.rejects(powerLossTrials(100, { prepare: () => {}, act, check }), /power loss before step/);
});

test('sweeping removes crashed attempts and nothing else', async (context) => {
  const parent = temporaryDirectory(context);
  fs.writeFileSync(join(parent, '.report.json.0123456789abcdef.tmp'), 'half');
  fs.mkdirSync(join(parent, '.ckpt_1.fedcba9876543210.tmp', 'state'), { recursive: true });
  fs.writeFileSync(join(parent, '.ckpt_1.fedcba9876543210.tmp', 'state', 'database'), 'half');
  fs.symlinkSync(parent, join(parent, '.link.fedcba9876543210.tmp'));
  for (const name of ['.hidden', 'notes.tmp', '.short.0123.tmp']) fs.writeFileSync(join(parent, name), 'kept');
  assert.equal(await removeLeftovers(parent), 3);
  assert.deepEqual(fs.readdirSync(parent).sort(), ['.hidden', '.short.0123.tmp', 'notes.tmp']);
});
