import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { LastcallError } from '../base/errors.ts';
import { systemFiles } from '../base/files/index.ts';
import { patternedText } from '../base/files/testing/disk-content.ts';
import { failingFrom, failingOnce, observedFiles } from '../base/files/testing/observed-files.ts';
import { powerLossTrials } from '../base/files/testing/power-loss.ts';
import { SimulatedDisk } from '../base/files/testing/simulated-disk.ts';
import { temporaryDirectory } from '../base/files/testing/temporary-directory.ts';
import { SeededRandom } from '../base/random.ts';
import { BlobStore } from './blobs.ts';
import { sha256, sha256OfFile } from './checksum.ts';

const BYTES = Buffer.from(patternedText('weights', 3_000));
const HASH = sha256(BYTES);

test('what is put is found by its hash, private, once, and can be listed and deleted', async (context) => {
  const directory = join(temporaryDirectory(context), 'blobs');
  const store = new BlobStore(directory);
  assert.deepEqual(await store.list(), []);
  assert.equal(await store.put(BYTES), HASH);
  assert.equal(await store.put(BYTES), HASH);
  const other = await store.put(new Uint8Array(0));
  assert.deepEqual(await store.get(HASH), new Uint8Array(BYTES));
  assert.deepEqual(await store.list(), [HASH, other].sort());
  const path = join(directory, HASH.slice(0, 2), HASH.slice(2));
  assert.equal(fs.statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(await sha256OfFile(path), { sha256: HASH, bytes: BYTES.length });
  await store.delete(HASH);
  await store.delete(HASH);
  assert.equal(await store.verify(HASH), 'missing');
  await assert.rejects(store.get(HASH), (error) => error instanceof LastcallError && error.code === 'not_found');
  assert.deepEqual(await store.list(), [other]);
});

test('each flipped bit, and each length that is not the whole, is noticed, refused, and repaired by the next put', async (context) => {
  const store = new BlobStore(temporaryDirectory(context));
  const path = join(store.directory, HASH.slice(0, 2), HASH.slice(2));
  const random = new SeededRandom(7);
  await store.put(BYTES);
  const damages = [
    ...Array.from({ length: 60 }, () => flipped(BYTES, random.below(BYTES.length * 8))),
    ...[0, 1, 512, BYTES.length - 1].map((length) => BYTES.subarray(0, length)),
    Buffer.concat([BYTES, Buffer.alloc(1)]),
  ];
  for (const damaged of damages) {
    fs.writeFileSync(path, damaged);
    assert.equal(await store.verify(HASH), 'damaged');
    await assert.rejects(store.get(HASH), (error) => error instanceof LastcallError && error.code === 'state_refused');
  }
  await store.put(BYTES);
  assert.equal(await store.verify(HASH), 'good');
});

test('a name that is no hash never becomes a path', async (context) => {
  const store = new BlobStore(temporaryDirectory(context));
  for (const name of ['', '../../etc/passwd', HASH.toUpperCase(), `${HASH}/..`, HASH.slice(1)]) {
    await assert.rejects(store.get(name), (error) => error instanceof LastcallError && error.code === 'usage');
    await assert.rejects(store.delete(name), LastcallError);
  }
});

test('whichever step of a put fails, the blob is whole or missing, and a second put brings it', async (context) => {
  const root = temporaryDirectory(context);
  const counted = observedFiles(systemFiles, () => {});
  await new BlobStore(join(root, 'counted'), counted).put(BYTES);
  for (const failing of [failingOnce, failingFrom]) {
    for (let step = 1; step <= counted.steps; step++) {
      const directory = join(root, `${failing.name}-${step}`);
      await assert.rejects(new BlobStore(directory, failing(systemFiles, step, 'ENOSPC')).put(BYTES), LastcallError);
      const store = new BlobStore(directory);
      assert.ok(['good', 'missing'].includes(await store.verify(HASH)), `step ${step}`);
      await store.put(BYTES);
      await store.sweep();
      assert.deepEqual(await store.list(), [HASH]);
      assert.deepEqual(fs.readdirSync(join(directory, HASH.slice(0, 2))), [HASH.slice(2)], `step ${step}`);
    }
  }
});

test('a blob survives power loss once it was put, and is never half', async (context) => {
  const trials = await powerLossTrials(60, {
    prepare: () => {},
    act: async (disk) => void (await new BlobStore('/blobs', disk).put(BYTES)),
    check: async (disk, { returned }) => {
      const state = await new BlobStore('/blobs', disk).verify(HASH);
      assert.ok(state === 'good' || (state === 'missing' && !returned), state);
    },
  });
  context.diagnostic(`${trials} power losses`);
});

test('a blob whose writer was killed before its last fsync is durable once it was put again', async () => {
  const counted = observedFiles(new SimulatedDisk(0), () => {});
  await new BlobStore('/blobs', counted).put(BYTES);
  for (let seed = 0; seed < 40; seed++) {
    const disk = new SimulatedDisk(seed);
    // The last three steps open, fsync and close the directory.
    await assert.rejects(new BlobStore('/blobs', failingFrom(disk, counted.steps - 2, 'EIO')).put(BYTES));
    await new BlobStore('/blobs', disk).put(BYTES);
    disk.restart();
    assert.equal(await new BlobStore('/blobs', disk).verify(HASH), 'good', `seed ${seed}`);
  }
});

test('a blob that was deleted does not come back with the power', async (context) => {
  const trials = await powerLossTrials(60, {
    prepare: async (disk) => void (await new BlobStore('/blobs', disk).put(BYTES)),
    act: (disk) => new BlobStore('/blobs', disk).delete(HASH),
    check: async (disk, { returned }) => {
      const state = await new BlobStore('/blobs', disk).verify(HASH);
      assert.ok(returned ? state === 'missing' : state !== 'damaged', state);
    },
  });
  context.diagnostic(`${trials} power losses`);
});

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
