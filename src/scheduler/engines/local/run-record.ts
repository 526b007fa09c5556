// What has to be known of a run on this machine to end it from another process: where it runs, the control group that holds
// it, how much memory its GPUs had in use before. Written before its first keeper is started; a crash of the machine makes
// it worthless, so it is not synced.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CgroupPlace } from '../../../supervise/index.ts';
import { readText } from './records.ts';

export interface RunRecord {
  readonly host: string;
  readonly bootId: string;
  readonly cgroup: CgroupPlace | null;
  /** Start time, in ticks since boot, of whoever started it: what is older is no part of it. */
  readonly since: string;
  /** GPU → bytes in use before. */
  readonly usedBefore: Readonly<Record<string, number>>;
}

const NAME = 'run.json';

export function writeRunRecord(directory: string, record: RunRecord): void {
  const path = join(directory, NAME);
  writeFileSync(`${path}.tmp`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

/** null: nothing was started there. */
export function readRunRecord(directory: string): RunRecord | null {
  try {
    return JSON.parse(readText(directory, NAME) ?? 'null') as RunRecord | null;
  } catch {
    return null;
  }
}
