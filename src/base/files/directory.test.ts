import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { LastcallError } from '../errors.ts';
import { ensureDirectory, ensureDirectorySync } from './directory.ts';
import { systemFiles } from './system-files.ts';
import { contentOf } from './testing/disk-content.ts';
import { failingOnce, observedFiles } from './testing/observed-files.ts';
import { powerLossTrials } from './testing/power-loss.ts';
import { SimulatedDisk } from './testing/simulated-disk.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';
import { writeFileDurably, writeFileDurablySync } from './write-file.ts';

test('missing directories are created private, all the way, and an existing one is left as it is', async (context) => {
  const root = temporaryDirectory(context);
  fs.chmodSync(root, 0o755);
  await ensureDirectory(join(root, 'a', 'b'));
  ensureDirectorySync(join(root, 'a', 'b', 'c'));
  ensureDirectorySync(join(root, 'a'));
  for (const inner of ['a', 'a/b', 'a/b/c']) assert.equal(fs.statSync(join(root, inner)).mode & 0o777, 0o700);
  assert.equal(fs.statSync(root).mode & 0o777, 0o755);
});

test('a file in the way is named', async (context) => {
  const path = join(temporaryDirectory(context), 'state');
  fs.writeFileSync(path, '');
  await assert.rejects(ensureDirectory(path), (error) => error instanceof LastcallError && error.on === path);
  await assert.rejects(ensureDirectory(join(path, 'inner')), LastcallError);
});

test('whichever step fails, the error is told and trying again brings the directory', async (context) => {
  const root = temporaryDirectory(context);
  const counted = observedFiles(systemFiles, () => {});
  await ensureDirectory(join(root, '0', 'a', 'b'), counted);
  for (let step = 1; step <= counted.steps; step++) {
    const path = join(root, String(step), 'a', 'b');
    await assert.rejects(ensureDirectory(path, failingOnce(systemFiles, step, 'ENOSPC')), LastcallError);
    await ensureDirectory(path);
    assert.ok(fs.statSync(path).isDirectory());
  }
});

test('a file written into a new directory survives power loss together with the directory', async (context) => {
  const trials = await powerLossTrials(120, {
    prepare: () => {},
    act: async (disk) => {
      await ensureDirectory('/state/reports', disk);
      await writeFileDurably('/state/reports/unit', 'report', { files: disk });
    },
    check: (disk, { returned }) => {
      const report = '/state/reports/unit';
      assert.ok(!returned || contentOf(disk, report) === 'report');
      assert.ok([null, 'report'].includes(contentOf(disk, report)));
    },
  });
  context.diagnostic(`${trials} power losses`);
});

test('a directory whose creator was killed before its fsync is made durable by the next process', () => {
  for (let seed = 0; seed < 100; seed++) {
    const disk = new SimulatedDisk(seed);
    disk.sync.mkdir('/state', 0o700);
    disk.sync.mkdir('/state/reports', 0o700);
    ensureDirectorySync('/state/reports', disk);
    writeFileDurablySync('/state/reports/unit', 'report', { files: disk });
    disk.restart();
    assert.equal(contentOf(disk, '/state/reports/unit'), 'report', `seed ${seed}`);
  }
});
