import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { LastcallError } from '../errors.ts';
import { readFileChunks, readFileIfThere } from './read-file.ts';
import { listIfThere, removeFileDurably } from './remove.ts';
import { failingOnce } from './testing/observed-files.ts';
import { SimulatedDisk } from './testing/simulated-disk.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';
import { writeFileDurablySync } from './write-file.ts';

test('a file is read whole, and in pieces that add up to it', async (context) => {
  const path = join(temporaryDirectory(context), 'file');
  const content = Buffer.alloc(2_500_000, 'abcdefg');
  fs.writeFileSync(path, content);
  assert.deepEqual(await readFileIfThere(path), new Uint8Array(content));
  const pieces: Buffer[] = [];
  for await (const chunk of readFileChunks(path)) pieces.push(Buffer.from(chunk));
  assert.ok(pieces.length >= 3);
  assert.deepEqual(Buffer.concat(pieces), content);
});

test('what is not there is null, no names, or not_found in pieces', async (context) => {
  const path = join(temporaryDirectory(context), 'absent');
  assert.equal(await readFileIfThere(path), null);
  assert.deepEqual(await listIfThere(path), []);
  assert.equal(await removeFileDurably(path), false);
  await assert.rejects(
    readFileChunks(path).next(),
    (error) => error instanceof LastcallError && error.code === 'not_found',
  );
});

test('a failed read closes the file and is told with the path', async () => {
  for (const step of [1, 2, 3, 4]) {
    const disk = new SimulatedDisk(1);
    writeFileDurablySync('/file', 'content', { files: disk });
    await assert.rejects(readFileIfThere('/file', failingOnce(disk, step, 'EIO')), /^LastcallError: \/file: /);
    assert.equal(disk.openFiles, 0);
  }
});

test('a reader in pieces that leaves early closes the file', async () => {
  const disk = new SimulatedDisk(1);
  writeFileDurablySync('/file', 'content', { files: disk });
  for await (const chunk of readFileChunks('/file', disk)) {
    assert.ok(chunk.length > 0);
    break;
  }
  assert.equal(disk.openFiles, 0);
});
