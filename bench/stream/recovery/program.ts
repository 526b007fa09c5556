// `node program.ts build|resume|read BYTES FOLDER`, a process of its own as after a crash: writes a large state; or verifies
// it like `lastcall verify` and resumes, until it is at work; or reads its file once with a checksum, the least that any
// verification does. Prints the milliseconds.
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { startPipeline, verifyState } from '../../../src/stream/index.ts';
import { tellUsage } from '../../usage.ts';
import { largeState } from './state.ts';

const OPTIONS = { log: false, control: false } as const;
const READ_BYTES = 2 ** 20;

tellUsage();
const [task, bytes, folder] = process.argv.slice(2) as ['build' | 'resume' | 'read', string, string];
const state = join(folder, 'pipelines', 'large');

async function start(): Promise<void> {
  const running = await startPipeline(largeState(Number(bytes)), { ...OPTIONS, stateDir: folder });
  const startedMs = performance.now();
  const { exitCode, error } = await running.ended;
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${JSON.stringify(error)}`);
  endMs = performance.now() - startedMs;
}

let endMs = 0;
let verifyMs = 0;
const startedMs = performance.now();
if (task === 'read') readOnce();
if (task === 'resume') {
  const { usable } = await verifyState(state);
  if (!usable) throw new Error('the state is not usable');
  verifyMs = performance.now() - startedMs;
}
if (task !== 'read') await start();
const tookMs = performance.now() - startedMs - endMs;
process.stdout.write(`${JSON.stringify({ tookMs, verifyMs, endMs })}\n`);

function readOnce(): void {
  const file = openSync(join(state, 'state.db'), 'r');
  const chunk = new Uint8Array(READ_BYTES);
  let checksum = 0;
  for (;;) {
    const count = readSync(file, chunk);
    if (count === 0) break;
    checksum = crc32(chunk.subarray(0, count), checksum);
  }
  closeSync(file);
}
