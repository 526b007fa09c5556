import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { LastcallError } from '../errors.ts';
import { AppendFile } from './append-file.ts';
import { systemFiles } from './system-files.ts';
import { contentOf, patternedText } from './testing/disk-content.ts';
import { failingFrom, failingOnce, observedFiles } from './testing/observed-files.ts';
import { powerLossTrials } from './testing/power-loss.ts';
import { SimulatedDisk } from './testing/simulated-disk.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';
import { writeFileDurably } from './write-file.ts';

const PARTS = ['a', 'b', 'c', 'd'].map((letter, index) => patternedText(letter, 300 + 700 * index));
const WHOLE = PARTS.join('');

test('appends, tells what is durable, cuts back, and goes on after it was reopened', async (context) => {
  const path = join(temporaryDirectory(context), 'part.jsonl');
  {
    await using file = await AppendFile.open(path);
    await file.append(Buffer.from('one\n'));
    assert.deepEqual([file.length, file.durableLength], [4, 0]);
    await file.sync();
    assert.equal(file.durableLength, 4);
    await file.append(Buffer.from('two\nhalf'));
    await file.cutBack(8);
  }
  await using again = await AppendFile.open(path);
  assert.deepEqual([again.length, again.durableLength], [8, 8]);
  await again.append(Buffer.from('three\n'));
  assert.equal(fs.readFileSync(path, 'utf8'), 'one\ntwo\nthree\n');
  assert.equal(fs.statSync(path).mode & 0o777, 0o600);
});

test('a full disk during an append leaves the file as it was, and it can go on when there is space', async () => {
  let halfWritten = 0;
  for (let seed = 0; seed < 20; seed++) {
    const disk = new SimulatedDisk(seed);
    let writesLeft = Infinity;
    const files = observedFiles(disk, ({ name }) => {
      if (name === 'write' && writesLeft-- <= 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    });
    await using file = await AppendFile.open('/part', files);
    await file.append(Buffer.from('one\n'));
    writesLeft = 1;
    const long = Buffer.from('x'.repeat(5_000));
    // The disk takes all of it in one write, or a part and then no more.
    const failed = await file.append(long).then(
      () => false,
      (error: unknown) => error instanceof LastcallError && error.code === 'disk_full',
    );
    if (failed) halfWritten += 1;
    writesLeft = Infinity;
    await file.append(Buffer.from('two\n'));
    assert.equal(contentOf(disk, '/part'), failed ? 'one\ntwo\n' : `one\n${long}two\n`, `seed ${seed}`);
  }
  assert.ok(halfWritten > 0);
});

test('after a failed fsync nothing more is promised until the file was opened again', async () => {
  const disk = new SimulatedDisk(1);
  let fail = false;
  const files = observedFiles(disk, ({ name }) => {
    if (fail && name === 'sync') throw Object.assign(new Error('bad sector'), { code: 'EIO' });
  });
  await using file = await AppendFile.open('/part', files);
  await file.append(Buffer.from('one\n'));
  fail = true;
  await assert.rejects(file.sync(), /I\/O error/);
  fail = false;
  await assert.rejects(file.sync(), /earlier write to this file failed/);
  await assert.rejects(file.append(Buffer.from('two\n')), /Open it again/);
  assert.equal(file.durableLength, 0);
});

test('whichever step fails, what was synced stays and what is there is a start of what was appended', async (context) => {
  const path = join(temporaryDirectory(context), 'part');
  const counted = observedFiles(systemFiles, () => {});
  await appendParts(path, counted, () => {});
  for (const failing of [failingOnce, failingFrom]) {
    for (let step = 1; step <= counted.steps; step++) {
      fs.rmSync(path, { force: true });
      let synced = 0;
      const files = failing(systemFiles, step, 'EIO');
      // Only the close promises nothing, so its failure is not told.
      if (step < counted.steps) await assert.rejects(appendParts(path, files, (length) => void (synced = length)));
      else await appendParts(path, files, (length) => void (synced = length));
      const content = fs.existsSync(path) ? fs.readFileSync(path, 'latin1') : '';
      assert.ok(content.length >= synced && WHOLE.startsWith(content), `step ${step}`);
    }
  }
});

test('over power loss a file that is cut back to its recorded length holds exactly what was synced', async (context) => {
  const trials = await powerLossTrials(60, {
    prepare: async (disk) => {
      await (await AppendFile.open('/part', disk)).close();
      await writeFileDurably('/length', '0', { files: disk });
    },
    act: (disk) => appendParts('/part', disk, (length) => writeFileDurably('/length', String(length), { files: disk })),
    check: async (disk, { returned }) => {
      const recorded = Number(contentOf(disk, '/length'));
      assert.ok(!returned || recorded === WHOLE.length);
      await using file = await AppendFile.open('/part', disk);
      assert.ok(file.length >= recorded, 'what was synced is lost');
      await file.cutBack(recorded);
      assert.equal(contentOf(disk, '/part'), WHOLE.slice(0, recorded));
    },
  });
  context.diagnostic(`${trials} power losses`);
});

test('the power-loss trials find an appender that records a length before it was synced', async () => {
  const scenario = {
    prepare: async (disk: SimulatedDisk) => {
      await (await AppendFile.open('/part', disk)).close();
      await writeFileDurably('/length', '0', { files: disk });
    },
    act: async (disk: SimulatedDisk) => {
      await using file = await AppendFile.open('/part', disk);
      await file.append(Buffer.from(WHOLE));
      await writeFileDurably('/length', String(file.length), { files: disk });
      await file.sync();
    },
    check: (disk: SimulatedDisk) => {
      const recorded = Number(contentOf(disk, '/length'));
      assert.equal(contentOf(disk, '/part')!.slice(0, recorded), WHOLE.slice(0, recorded));
    },
  };
  await assert.rejects(powerLossTrials(200, scenario), /power loss before step/);
});

test('two operations at once are a mistake that is told', async (context) => {
  await using file = await AppendFile.open(join(temporaryDirectory(context), 'part'));
  const first = file.append(Buffer.from('one'));
  await assert.rejects(file.append(Buffer.from('two')), /used by two at once/);
  await first;
});

async function appendParts(
  path: string,
  files: typeof systemFiles,
  synced: (length: number) => void | Promise<void>,
): Promise<void> {
  await using file = await AppendFile.open(path, files);
  for (const part of PARTS) {
    await file.append(Buffer.from(part));
    await file.sync();
    await synced(file.durableLength);
  }
}
