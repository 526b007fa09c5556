import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNvidiaGpus, parseNvidiaProcesses, parseRocmGpus, parseRocmProcesses } from './gpus.ts';

const MIB = 2 ** 20;

test('lines of nvidia-smi are read, with names that hold commas and values that are not available', () => {
  const text = '0, GPU-a1, NVIDIA H200, 512, 143771, 3\n1, GPU-b2, NVIDIA A100, SXM4, 0, 81920, [N/A]\n';
  assert.deepEqual(parseNvidiaGpus(text), [
    {
      index: 0,
      uuid: 'GPU-a1',
      name: 'NVIDIA H200',
      usedBytes: 512 * MIB,
      totalBytes: 143_771 * MIB,
      utilization: 0.03,
    },
    { index: 1, uuid: 'GPU-b2', name: 'NVIDIA A100, SXM4', usedBytes: 0, totalBytes: 81_920 * MIB, utilization: null },
  ]);
});

test('memory that is not known is an error, and never zero', () => {
  assert.throws(() => parseNvidiaGpus('0, GPU-a1, NVIDIA H200, [N/A], 143771, 3\n'), /cannot be read/);
  assert.throws(() => parseNvidiaGpus('Unable to determine the device handle\n'), /cannot be read/);
});

test('processes of nvidia-smi are read; nothing means idle', () => {
  assert.deepEqual(parseNvidiaProcesses(''), []);
  assert.deepEqual(parseNvidiaProcesses('4711, python, a.py, GPU-a1, [N/A]\n'), [
    { pid: 4_711, uuid: 'GPU-a1', command: 'python, a.py' },
  ]);
});

test('the answers of rocm-smi are read', () => {
  const gpus =
    '{"card0":{"Unique ID":"0xabc","Card Series":"MI300X","VRAM Total Memory (B)":"1000","VRAM Total Used Memory (B)":"10","GPU use (%)":"7"},"system":{}}';
  assert.deepEqual(parseRocmGpus(gpus), [
    { index: 0, uuid: '0xabc', name: 'MI300X', usedBytes: 10, totalBytes: 1_000, utilization: 0.07 },
  ]);
  assert.deepEqual(parseRocmProcesses('{"system":{"PID12":"python3, 1, 500, 0, unknown"}}'), [
    { pid: 12, uuid: '*', command: 'python3' },
  ]);
});
