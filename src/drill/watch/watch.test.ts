import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { newDirectory } from '../../lifecycle/testing/program.ts';
import { newRecord, type RequestRecord } from '../load/types.ts';
import { gpuProcesses } from './gpu.ts';
import { account, missingInLog } from './ledger.ts';
import { isListening, listeningPorts, readProcess, readTree } from './process-table.ts';

function answered(index: number, changes: Partial<RequestRecord> = {}): RequestRecord {
  const record = newRecord(`drillx-${index}`, 'new', index);
  return Object.assign(record, { sentMs: index, endMs: index + 5, end: 'answered', status: 200 }, changes);
}

const RECORDS = Array.from({ length: 60 }, (_, index) => answered(index));

test('answered and not in the ledger is lost, twice in it is doubled, and a request that was sent again may be there twice', () => {
  const lines = RECORDS.slice(1).map((it) => `done ${it.id} ok`);
  assert.deepEqual(account(lines, RECORDS, 'drillx', []), { lost: ['drillx-0'], doubled: [] });
  assert.deepEqual(account([...lines, 'again drillx-7', 'x drillx-0'], RECORDS, 'drillx', []).doubled, ['drillx-7']);
  const retried = RECORDS.with(7, answered(7, { retries: 1 }));
  assert.deepEqual(account([...lines, 'again drillx-7', 'x drillx-0'], retried, 'drillx', []).doubled, []);
  const refused = RECORDS.with(0, answered(0, { status: 503 }));
  assert.deepEqual(account(lines, refused, 'drillx', []).lost, []);
  const ids = account(['{"id":"a"}', 'b;2', 'b;3'], [], 'drillx', ['a', 'b', 'c']);
  assert.deepEqual(ids, { lost: ['c'], doubled: ['b'] });
});

test('log lines are missed only in the log of a target that logs every request', () => {
  const log = (records: readonly RequestRecord[]): string[] => records.map((it) => `GET /?${it.id} 200`);
  assert.equal(missingInLog(log(RECORDS), RECORDS, 'drillx'), 0);
  assert.equal(missingInLog(log(RECORDS.slice(0, 55)), RECORDS, 'drillx'), 5);
  assert.equal(missingInLog(log(RECORDS.filter((_, index) => index % 2 === 0)), RECORDS, 'drillx'), null);
  assert.equal(missingInLog([], RECORDS, 'drillx'), null);
});

test('this process is found with its port, and a port that nobody has is not', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  assert.ok(listeningPorts([process.pid]).includes(port));
  assert.ok(isListening(port));
  await new Promise((resolve) => server.close(resolve));
  assert.equal(isListening(port), false);
  assert.equal(readProcess(process.pid)?.parent, process.ppid);
  assert.ok(readTree(process.ppid).some((it) => it.pid === process.pid));
});

test('GPU processes are what nvidia-smi says, and unknown without it', async (t) => {
  const directory = newDirectory(t);
  const path = process.env['PATH'];
  t.after(() => (process.env['PATH'] = path));
  process.env['PATH'] = directory;
  assert.equal(await gpuProcesses(), null);
  writeFileSync(join(directory, 'nvidia-smi'), '#!/bin/sh\necho 4711\necho " 4712"\n');
  chmodSync(join(directory, 'nvidia-smi'), 0o755);
  assert.deepEqual(await gpuProcesses(), [4711, 4712]);
});
