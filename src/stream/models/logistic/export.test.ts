import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { exportModel } from '../model-file.ts';
import { onlineLogistic, type LogisticModel } from './online-logistic.ts';

const definition = onlineLogistic({ features: 4096, seed: 3, categories: ['origin', 'hour'], numbers: ['distance'] });

function learn(model: LogisticModel<'origin' | 'hour', 'distance'>, from: number, to: number): void {
  for (let index = from; index < to; index++) {
    Object.assign(model.handle.row(), { origin: `A${index % 37}`, hour: index % 24, distance: (index * 37) % 2_000 });
    model.handle.predictThenLearn(index % 3 === 0 ? 1 : 0);
  }
}

describe('an exported model', () => {
  let directory: string;
  let path: string;
  const trained = definition.create();
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lastcall-model-'));
    path = join(directory, 'delay.model');
    learn(trained, 0, 3_000);
  });
  after(() => rm(directory, { recursive: true }));

  /** Writes a copy with other bytes, and a hash that fits unless told otherwise. */
  async function changed(change: (content: Buffer) => Buffer): Promise<string> {
    await exportModel(trained, path);
    const content = change((await readFile(path)).subarray(0, -32));
    const copy = join(directory, 'changed.model');
    await writeFile(copy, Buffer.concat([content, createHash('sha256').update(content).digest()]));
    return copy;
  }

  it('is loaded beside, passes its golden batch, and goes on learning to the same bits', async () => {
    const hash = await exportModel(trained, path);
    assert.match(hash, /^[0-9a-f]{64}$/);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const loaded = await definition.load(path, '2');
    await loaded.verify();
    assert.equal(loaded.hash(), trained.hash());
    const other = definition.create();
    learn(other, 0, 3_000);
    learn(other, 3_000, 4_000);
    learn(loaded, 3_000, 4_000);
    assert.equal(loaded.hash(), other.hash());
    await loaded.verify();
  });

  it('gives the same file for the same model', async () => {
    const first = await exportModel(trained, path);
    const loaded = await definition.load(path, '2');
    assert.equal(await exportModel(loaded, join(directory, 'again.model')), first);
  });

  it('is refused when a byte of it changed, wherever that is, or when it is cut off', async () => {
    await exportModel(trained, path);
    const good = await readFile(path);
    const copy = join(directory, 'damaged.model');
    for (const at of [70, 300, Math.floor(good.length / 2), good.length - 1]) {
      const bytes = Buffer.from(good);
      bytes[at]! ^= 1;
      await writeFile(copy, bytes);
      await assert.rejects(definition.load(copy, '2'), { code: 'state_refused', what: /damaged or cut off/ });
    }
    await writeFile(copy, good.subarray(0, -100));
    await assert.rejects(definition.load(copy, '2'), { what: /damaged or cut off/ });
  });

  it('is refused with the fields named when it has another signature', async () => {
    await exportModel(trained, path);
    const other = onlineLogistic({ features: 8192, seed: 3, categories: ['origin'], numbers: ['distance'] });
    await assert.rejects(other.load(path, '2'), {
      code: 'state_refused',
      what: /features is 4096 in the file and 8192 in the pipeline; categories is \["origin","hour"\]/,
    });
  });

  it('is refused when it does not predict what it predicted where it was exported', async () => {
    const copy = await changed((content) => {
      const text = content.toString('latin1');
      return Buffer.from(text.replace(/"probability":0\.(\d)/, '"probability":0.9$1'), 'latin1');
    });
    const loaded = await definition.load(copy, '2');
    await assert.rejects(loaded.verify(), {
      code: 'state_refused',
      what: /golden row 0 predicts .* and predicted 0\.9/,
    });
  });

  it('is refused when texts are hashed to other places than where it was exported', async () => {
    const copy = await changed((content) => {
      const text = content.toString('latin1');
      return Buffer.from(text.replace(/"hashing":\[\d+/, '"hashing":[4095'), 'latin1');
    });
    const loaded = await definition.load(copy, '2');
    await assert.rejects(loaded.verify(), { what: /category origin is hashed to other places/ });
  });

  it('is refused when it has no golden batch', async () => {
    const copy = await changed((content) => {
      const text = content.toString('latin1');
      return Buffer.from(text.replace('"rows"', '"wors"'), 'latin1');
    });
    await assert.rejects(definition.load(copy, '2'), { what: /golden batch: the file has none/ });
  });

  it('says what is wrong with a file that is not there or no model', async () => {
    await assert.rejects(definition.load(join(directory, 'none'), '2'), { code: 'not_found' });
    const other = join(directory, 'other');
    await writeFile(other, 'not a model');
    await assert.rejects(definition.load(other, '2'), { what: /does not begin with lastcall\.model\/1/ });
  });
});
