import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Worker } from 'node:worker_threads';
import type { ModelInstance } from '../../ports.ts';
import { PieceStore } from '../../state/testdata/piece-store.ts';
import type { OnnxModel } from './instance.ts';
import { onnx } from './onnx.ts';
import type { OnnxOptions } from './options.ts';
import { writeLogistic, writePerceptron, writeSlow } from './testdata/onnx-file.ts';

const WEIGHTS = [0.5, -1, 2];
const PORTS: OnnxOptions = { input: { name: 'x', width: 3 }, output: { name: 'y', width: 1 } };

function expected(rows: ArrayLike<number>, bias: number): number[] {
  return Array.from({ length: rows.length / 3 }, (_, row) => {
    const z = WEIGHTS.reduce((sum, weight, at) => sum + weight * rows[row * 3 + at]!, bias);
    return 1 / (1 + Math.exp(-z));
  });
}

function assertClose(values: ArrayLike<number>, wanted: readonly number[]): void {
  assert.equal(values.length, wanted.length);
  wanted.forEach((value, at) =>
    assert.ok(Math.abs(values[at]! - value) < 1e-6, `${values[at]} at ${at}, not ${value}`),
  );
}

describe('an ONNX model', () => {
  let directory: string;
  let file: string;
  let other: string;
  let slow: string;
  const open: ModelInstance<OnnxModel>[] = [];
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lastcall-onnx-'));
    file = join(directory, 'first.onnx');
    other = join(directory, 'second.onnx');
    slow = join(directory, 'slow.onnx');
    await writeLogistic(file, { weights: WEIGHTS, bias: 0.25 });
    await writeLogistic(other, { weights: WEIGHTS, bias: -3 });
    await writeSlow(slow, 256, 300);
  });
  after(async () => {
    for (const model of open) await model.close();
    await rm(directory, { recursive: true });
  });

  async function create(path = file, options = PORTS): Promise<ModelInstance<OnnxModel>> {
    const model = await onnx(path, options).create();
    open.push(model);
    return model;
  }

  it('predicts what its formula says, in the order in which it is asked, for batches of any size', async () => {
    const model = await create();
    const batches = [1, 7, 256, 2].map((rows) => Float32Array.from({ length: rows * 3 }, (_, at) => Math.sin(at)));
    const all = await Promise.all(batches.map((rows) => model.handle.predict(rows)));
    all.forEach((values, at) => assertClose(values, expected(batches[at]!, 0.25)));
    assert.equal((await model.handle.predict(new Float32Array(0))).length, 0);
    assert.equal(batches[0]!.length, 3);
    await model.verify();
    assert.equal(
      model.hash(),
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    );
  });

  it('gives each row the same bits whatever batch it is in', async () => {
    const path = join(directory, 'perceptron.onnx');
    await writePerceptron(path, 33, 67);
    const model = await create(path, { input: { name: 'x', width: 33 }, output: { name: 'y', width: 1 } });
    const rows = Float32Array.from({ length: 200 * 33 }, (_, at) => Math.sin(at * 0.37) * 3);
    const whole = await model.handle.predict(rows);
    for (const size of [1, 3, 8, 50]) {
      for (let row = 0; row + size <= 200; row += size) {
        const part = await model.handle.predict(rows.subarray(row * 33, (row + size) * 33));
        assert.deepEqual(part, whole.slice(row, row + size));
      }
    }
  });

  it('leaves the event loop free while it predicts', async () => {
    const model = await create(slow, { input: { name: 'x', width: 256 }, output: { name: 'y', width: 1 } });
    let turns = 0;
    let running = true;
    const turn = (): void => {
      turns++;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    await model.handle.predict(new Float32Array(64 * 256));
    running = false;
    assert.ok(turns > 100, `${turns} turns`);
  });

  it('finishes the predictions in flight before it releases the model, and refuses those after', async () => {
    const model = await onnx(slow, { input: { name: 'x', width: 256 }, output: { name: 'y', width: 1 } }).create();
    const ended: string[] = [];
    const predictions = [1, 2, 3].map(async (number) => {
      const values = await model.handle.predict(new Float32Array(16 * 256).fill(number));
      assert.ok(values.every((value) => Math.abs(value - number) < 1e-3));
      ended.push(`prediction ${number}`);
    });
    const closing = model.close().then(() => ended.push('closed'));
    await assert.rejects(model.handle.predict(new Float32Array(256)), { code: 'cancelled' });
    await Promise.all([...predictions, closing]);
    assert.deepEqual(ended, ['prediction 1', 'prediction 2', 'prediction 3', 'closed']);
    await model.close();
  });

  it('gives up a prediction that takes too long, says so, and still closes once it is over', async () => {
    const ports: OnnxOptions = { input: { name: 'x', width: 256 }, output: { name: 'y', width: 1 } };
    const model = await onnx(slow, { ...ports, timeouts: { predict: '1ms' } }).create();
    await assert.rejects(model.handle.predict(new Float32Array(64 * 256)), {
      code: 'timeout',
      what: 'a prediction did not end within 1 ms',
      on: slow,
    });
    await model.close();
    const hasty = await onnx(slow, { ...ports, timeouts: { close: '1ms' } }).create();
    const prediction = hasty.handle.predict(new Float32Array(64 * 256));
    await assert.rejects(hasty.close(), { code: 'timeout', what: /was not released within 1 ms/ });
    await prediction;
  });

  it('refuses more predictions than it has room for, and rows that are none', async () => {
    const model = await create();
    const many = Array.from({ length: 65 }, () => model.handle.predict(Float32Array.of(1, 2, 3)));
    const results = await Promise.allSettled(many);
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 64);
    await assert.rejects(many[64]!, { code: 'failed', what: '64 predictions are in flight already' });
    await assert.rejects(model.handle.predict(new Float32Array(4)), { what: '4 numbers are not rows of 3' });
  });

  it('reports what was in flight when its thread was lost, and predicts again in another one', async () => {
    const threads: Worker[] = [];
    const remember = (worker: Worker): void => void threads.push(worker);
    process.on('worker', remember);
    const model = await create();
    // As if somebody else had ended the thread: the prediction behind it is never answered.
    threads[0]!.postMessage({ type: 'close' }, []);
    await assert.rejects(model.handle.predict(Float32Array.of(1, 2, 3)), {
      code: 'dependency',
      what: 'the thread of the model ended',
    });
    assertClose(await model.handle.predict(Float32Array.of(1, 2, 3)), expected([1, 2, 3], 0.25));
    const exited = once(threads[1]!, 'exit');
    await threads[1]!.terminate();
    await exited;
    assertClose(await model.handle.predict(Float32Array.of(4, 5, 6)), expected([4, 5, 6], 0.25));
    process.off('worker', remember);
    assert.equal(threads.length, 3);
  });

  it('says which file is missing or refused, and why', async () => {
    await assert.rejects(create(join(directory, 'none.onnx')), { code: 'dependency', what: 'there is no such file' });
    const text = join(directory, 'text.onnx');
    await writeFile(text, 'not a model');
    await assert.rejects(create(text), { code: 'state_refused', what: /the ONNX runtime refuses the file/ });
  });

  it('refuses a model with another signature, saying what it has instead', async () => {
    const path = join(directory, 'shape.onnx');
    await writeLogistic(path, { weights: WEIGHTS, bias: 0, input: 'features', output: 'p' });
    await assert.rejects(create(path), { what: /it has no input x, but features: float32\[N, 3\]/ });
    const named = { input: { name: 'features', width: 3 }, output: { name: 'y', width: 1 } };
    await assert.rejects(create(path, named), { what: /it has no output y, but p: float32\[N, 1\]/ });
    await writeLogistic(path, { weights: [1, 2], bias: 0 });
    await assert.rejects(create(path), {
      what: /its input is x: float32\[N, 2\], and x: float32\[rows, 3\] is declared/,
    });
    await writeLogistic(path, { weights: WEIGHTS, bias: 0, rows: 4 });
    await assert.rejects(create(path), { what: /its input x takes 4 rows and no other number/ });
  });

  it('is checked against the hash and the golden batch that lie beside it', async () => {
    const path = join(directory, 'checked.onnx');
    await writeLogistic(path, { weights: WEIGHTS, bias: 0.25 });
    const hash = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    await writeFile(`${path}.sha256`, `${hash}  checked.onnx\n`);
    const inputs = [
      [1, 2, 3],
      [0, 0, 0],
    ];
    const outputs = expected(inputs.flat(), 0.25).map((value) => [value]);
    await writeFile(`${path}.golden.json`, JSON.stringify({ inputs, outputs }));
    const model = await create(path);
    await model.verify();
    await writeFile(`${path}.golden.json`, JSON.stringify({ inputs, outputs: [outputs[0], [0.7]] }));
    await assert.rejects(model.verify(), {
      code: 'state_refused',
      what: /golden row 1 predicts 0\.56.*0\.7 is expected/,
    });
    await writeFile(`${path}.golden.json`, JSON.stringify({ inputs, outputs: [[1, 2]] }));
    await assert.rejects(model.verify(), { what: /not a golden batch of 3 numbers in and 1 out/ });
    await writeFile(`${path}.sha256`, `${'0'.repeat(64)}  checked.onnx\n`);
    await assert.rejects(create(path), { code: 'state_refused', what: /its SHA-256 is .* says 0000/ });
  });

  it('refuses a model that predicts NaN', async () => {
    const path = join(directory, 'nan.onnx');
    await writeLogistic(path, { weights: WEIGHTS, bias: NaN });
    const model = await create(path);
    await assert.rejects(model.verify(), { code: 'state_refused', what: /it predicts NaN/ });
  });

  it('serves the old model while the new one is loaded and verified beside it, and both while it changes', async () => {
    const definition = onnx(file, PORTS);
    const old = await definition.create();
    const rows = Float32Array.of(1, 2, 3, 4, 5, 6);
    let isSwapping = true;
    const serving = (async () => {
      for (let count = 0; isSwapping || count < 100; count++)
        assertClose(await old.handle.predict(rows), expected(rows, 0.25));
    })();
    const candidate = await definition.load!(other, '2');
    await candidate.verify();
    isSwapping = false;
    const last = old.handle.predict(rows);
    await serving;
    await old.close();
    assertClose(await last, expected(rows, 0.25));
    assertClose(await candidate.handle.predict(rows), expected(rows, -3));
    await candidate.close();
  });

  it('goes on after a restart with the file that was swapped in, as long as that is unchanged', async () => {
    const store = new PieceStore();
    const rows = Float32Array.of(1, 2, 3);
    const swapped = join(directory, 'swapped.onnx');
    await writeLogistic(swapped, { weights: WEIGHTS, bias: 1 });
    const definition = onnx(file, PORTS);
    store.commit(await create());
    const candidate = await definition.load!(swapped, '2');
    open.push(candidate);
    store.commit(candidate);
    assert.deepEqual(candidate.changes(), []);

    const restarted = await create();
    restarted.load(store.sorted());
    assert.equal(restarted.hash(), candidate.hash());
    assert.deepEqual(restarted.changes(), []);
    await restarted.verify();
    assertClose(await restarted.handle.predict(rows), expected(rows, 1));

    await writeLogistic(swapped, { weights: WEIGHTS, bias: 2 });
    const changed = await create();
    changed.load(store.sorted());
    await assert.rejects(changed.verify(), { code: 'dependency', what: /the file has changed/, on: swapped });
    await assert.rejects(changed.handle.predict(rows), { code: 'dependency' });
  });

  it('starts with the file of the program when that is another one than before', async () => {
    const store = new PieceStore();
    store.commit(await create());
    const deployed = await create(other);
    deployed.load(store.sorted());
    assertClose(await deployed.handle.predict(Float32Array.of(1, 2, 3)), expected([1, 2, 3], -3));
    assert.equal(store.commit(deployed) > 0, true);
    assert.deepEqual(deployed.changes(), []);
  });

  it('refuses a stored record that is none', async () => {
    const model = await create();
    for (const text of ['', '{"path":1}']) {
      assert.throws(() => model.load([{ key: 'file', value: Buffer.from(text) }]), { code: 'state_refused' });
    }
  });

  it('names the option that is wrong', () => {
    assert.throws(() => onnx(file, { ...PORTS, threads: 0 }), /onnx\.threads: it must be/);
    assert.throws(() => onnx(file, { ...PORTS, input: { name: '', width: 3 } }), /onnx\.input\.name/);
    assert.throws(() => onnx(file, { ...PORTS, output: { name: 'y', width: 0 } }), /onnx\.output\.width/);
    assert.throws(
      () => onnx(file, { ...PORTS, timeouts: { load: 'soon' } }),
      /onnx\.timeouts\.load: "soon" is not a duration/,
    );
  });
});
