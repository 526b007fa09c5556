import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { LastcallError } from '../errors.ts';
import { systemFiles } from './system-files.ts';
import { contentOf, patternedText, putDurably } from './testing/disk-content.ts';
import { failingFrom, failingOnce, observedFiles } from './testing/observed-files.ts';
import type { FaultCode } from './testing/observed-files.ts';
import { powerLossTrials } from './testing/power-loss.ts';
import type { PowerLossScenario } from './testing/power-loss.ts';
import { SimulatedDisk } from './testing/simulated-disk.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';
import { writeFileDurably, writeFileDurablySync } from './write-file.ts';

const OLD = patternedText('old', 3_000);
const NEW = patternedText('new', 4_000);
const SEEDS = 200;

const VARIANTS = {
  blocking: async (path: string, content: string, files = systemFiles) =>
    writeFileDurablySync(path, content, { files }),
  asynchronous: (path: string, content: string, files = systemFiles) => writeFileDurably(path, content, { files }),
} as const;

for (const [variant, write] of Object.entries(VARIANTS)) {
  describe(`writeFileDurably, ${variant}`, () => {
    test('creates a private file and replaces it, with nothing left beside it', async (context) => {
      const directory = temporaryDirectory(context);
      const path = join(directory, 'report.json');
      await write(path, OLD);
      await write(path, NEW);
      assert.equal(fs.readFileSync(path, 'utf8'), NEW);
      assert.equal(fs.statSync(path).mode & 0o777, 0o600);
      assert.deepEqual(fs.readdirSync(directory), ['report.json']);
    });

    test('names the path and the way out when the directory is not there', async (context) => {
      const path = join(temporaryDirectory(context), 'nowhere', 'report.json');
      await assert.rejects(write(path, NEW), (error) => {
        assert.ok(error instanceof LastcallError);
        assert.equal(error.code, 'not_found');
        assert.equal(error.on, path);
        return true;
      });
    });

    for (const code of ['EIO', 'ENOSPC', 'EROFS'] as const) {
      test(`leaves the old or the new content and nothing else, whichever step fails with ${code}`, async (context) => {
        const directory = temporaryDirectory(context);
        const path = join(directory, 'report.json');
        const counted = observedFiles(systemFiles, () => {});
        await write(path, OLD, counted);
        assert.ok(counted.steps >= 8, `open, write, sync, close, rename and open, sync, close: ${counted.steps} steps`);
        for (let step = 1; step <= counted.steps; step++) {
          fs.writeFileSync(path, OLD);
          await rejectsWith(code, write(path, NEW, failingOnce(systemFiles, step, code)));
          const renamed = step > 5;
          assert.equal(fs.readFileSync(path, 'utf8'), renamed ? NEW : OLD, `step ${step}`);
          assert.deepEqual(fs.readdirSync(directory), ['report.json'], `step ${step}`);
        }
      });

      test(`keeps its target whole when the device fails for good with ${code}`, async () => {
        const steps = await countSteps(write);
        for (let step = 1; step <= steps; step++) {
          const disk = diskWith(OLD);
          await rejectsWith(code, write('/report.json', NEW, failingFrom(disk, step, code)));
          assert.ok([OLD, NEW].includes(contentOf(disk, '/report.json')!), `step ${step}`);
          assert.equal(disk.openFiles, 0, `step ${step}`);
        }
      });
    }

    test(`survives power loss before every step, over ${SEEDS} seeds`, async (context) => {
      const trials = await powerLossTrials(
        SEEDS,
        replacing((disk) => write('/report.json', NEW, disk)),
      );
      assert.ok(trials > SEEDS * 8);
      context.diagnostic(`${trials} power losses`);
    });
  });
}

describe('the power-loss trials find writers that', () => {
  const careless: Record<string, (disk: SimulatedDisk) => void> = {
    'overwrite in place': ({ sync }) => {
      const file = sync.open('/report.json', 'r+', 0);
      sync.truncate(file, 0);
      writeWhole(sync, file);
      sync.sync(file);
      sync.close(file);
    },
    'do not fsync the file': ({ sync }) => {
      const file = sync.open('/new', 'wx+', 0o600);
      writeWhole(sync, file);
      sync.close(file);
      sync.rename('/new', '/report.json');
      syncRoot(sync);
    },
    'do not fsync the directory': ({ sync }) => {
      const file = sync.open('/new', 'wx+', 0o600);
      writeWhole(sync, file);
      sync.sync(file);
      sync.close(file);
      sync.rename('/new', '/report.json');
    },
    'remove the old file before they rename': ({ sync }) => {
      const file = sync.open('/new', 'wx+', 0o600);
      writeWhole(sync, file);
      sync.sync(file);
      sync.close(file);
      sync.unlink('/report.json');
      sync.rename('/new', '/report.json');
      syncRoot(sync);
    },
    'believe a short write': ({ sync }) => {
      const file = sync.open('/new', 'wx+', 0o600);
      sync.write(file, Buffer.from(NEW), 0);
      sync.sync(file);
      sync.close(file);
      sync.rename('/new', '/report.json');
      syncRoot(sync);
    },
  };
  for (const [mistake, act] of Object.entries(careless)) {
    test(mistake, async () => {
      await assert.rejects(powerLossTrials(SEEDS, replacing(act)), /power loss before step/);
    });
  }
});

/** Old content or new, never a mix; new once the call has returned; nothing to be swept but temporaries. */
function replacing(act: PowerLossScenario['act']): PowerLossScenario {
  return {
    prepare: (disk) => putDurably(disk, '/report.json', OLD),
    act,
    check: (disk, { returned }) => {
      const content = contentOf(disk, '/report.json');
      if (returned) assert.ok(content === NEW, 'the new content is lost');
      else assert.ok(content === OLD || content === NEW, 'neither the old content nor the new');
    },
  };
}

function diskWith(content: string): SimulatedDisk {
  const disk = new SimulatedDisk(1);
  putDurably(disk, '/report.json', content);
  return disk;
}

async function countSteps(write: (typeof VARIANTS)['blocking']): Promise<number> {
  const counted = observedFiles(diskWith(OLD), () => {});
  await write('/report.json', NEW, counted);
  return counted.steps;
}

async function rejectsWith(code: FaultCode, writing: Promise<void>): Promise<void> {
  await assert.rejects(writing, (error) => {
    assert.ok(error instanceof LastcallError);
    assert.equal(error.code, code === 'ENOSPC' ? 'disk_full' : 'io');
    return true;
  });
}

function writeWhole(sync: SimulatedDisk['sync'], file: number): void {
  const bytes = Buffer.from(NEW);
  for (let at = 0; at < bytes.length;) at += sync.write(file, bytes.subarray(at), at);
}

function syncRoot(sync: SimulatedDisk['sync']): void {
  const root = sync.open('/', 'r', 0);
  sync.sync(root);
  sync.close(root);
}
