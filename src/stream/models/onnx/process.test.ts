// What an ONNX model means to the process that it is in: real processes, observed from outside.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { writeLogistic, writeSlow } from './testdata/onnx-file.ts';

describe('a process with an ONNX model', () => {
  let directory: string;
  let file: string;
  let slow: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lastcall-onnx-'));
    file = join(directory, 'first.onnx');
    slow = join(directory, 'slow.onnx');
    await writeLogistic(file, { weights: [1, 2, 3], bias: 0 });
    await writeSlow(slow, 256, 300);
  });
  after(() => rm(directory, { recursive: true }));

  it('keeps its exit code when it ends during a prediction', () => {
    const program = join(import.meta.dirname, 'testdata/exit-during-run.ts');
    const { status, signal, stderr } = spawnSync(process.execPath, [program, slow, '256'], { encoding: 'utf8' });
    assert.deepEqual({ status, signal, stderr }, { status: 7, signal: null, stderr: '' });
  });

  it('ends although it forgot to close the model', () => {
    const program = join(import.meta.dirname, 'testdata/leave-open.ts');
    const { status, stdout } = spawnSync(process.execPath, [program, file, '3'], { encoding: 'utf8' });
    assert.deepEqual({ status, stdout }, { status: 0, stdout: '1\n' });
  });

  it('says how to install the runtime where that is missing', async () => {
    const away = join(directory, 'away');
    const root = join(import.meta.dirname, '../../../..');
    for (const part of ['base', 'store', 'stream/ports.ts', 'stream/state', 'stream/models']) {
      await cp(join(root, 'src', part), join(away, 'src', part), { recursive: true });
    }
    await symlink(join(root, 'package.json'), join(away, 'package.json'));
    const program = join(away, 'src/stream/models/onnx/testdata/leave-open.ts');
    const { status, stderr } = spawnSync(process.execPath, [program, file, '3'], { encoding: 'utf8' });
    assert.notEqual(status, 0);
    assert.match(stderr, /onnxruntime-node: the ONNX runtime cannot be loaded/);
    assert.match(stderr, /npm install onnxruntime-node@1/);
  });
});
