// Task logs from a seed: tasks that are submitted, started and completed, their lines interleaved as those of many workers are,
// and some that never end.
import { closeSync, openSync, writeSync } from 'node:fs';
import { SeededRandom } from '../../src/base/random.ts';

export interface LogSize {
  readonly lines: number;
  /** Tasks without an end. */
  readonly open: number;
}

/** Tasks that are at work at once. */
const AT_WORK = 5_000;
const START_MS = Date.UTC(2026, 0, 1);
const PIECE = 4 * 1024 * 1024;

/** About 105 bytes a line. @returns bytes written */
export function makeLog(path: string, { lines, open }: LogSize, seed: number): number {
  const random = new SeededRandom(seed);
  const file = openSync(path, 'w', 0o600);
  const working: string[] = [];
  let text = '';
  let bytes = 0;
  let written = 0;
  let tasks = 0;
  const tasksInAll = Math.ceil((lines - 2 * open) / 3) + open;
  const neverEnds = (): boolean => random.next() < open / tasksInAll;
  const line = (task: string, status: string, rest: string): void => {
    const time = new Date(START_MS + written * 4).toISOString();
    text += `{"time":"${time}","task_id":"${task}","status":"${status}","node_ip":"10.0.${random.below(8)}.${random.below(250)}"${rest}}\n`;
    written++;
    if (text.length < PIECE) return;
    bytes += writeSync(file, text);
    text = '';
  };
  while (written < lines) {
    if (working.length >= AT_WORK) {
      const index = random.below(working.length);
      const task = working[index]!;
      working[index] = working.at(-1)!;
      working.pop();
      line(task, 'completed', '');
      continue;
    }
    const task = `inference-${(tasks++).toString(36).padStart(7, '0')}`;
    line(task, 'submitted', ',"idempotent":true');
    line(task, 'started', '');
    if (!neverEnds()) working.push(task);
  }
  bytes += writeSync(file, text);
  closeSync(file);
  return bytes;
}
