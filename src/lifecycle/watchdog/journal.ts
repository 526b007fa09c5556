// The record of a running unit as it is kept up to date: whole, since it is renamed into place, but durable only when the
// system gets to it. It survives the process, which is what a journal of progress is for.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from '../../base/process-identity.ts';
import type { RecordedUnit } from './snapshot.ts';

export interface RunningRecord {
  readonly schema: 'lastcall.running/1';
  readonly process: ProcessIdentity;
  /** Wall-clock milliseconds of the last change of this record. */
  readonly journalledAtMs: number;
  readonly unit: RecordedUnit;
}

/** Directory of these records in a state directory. */
export const RUNNING = 'running';

export function runningPath(stateDir: string, instance: string): string {
  return join(stateDir, RUNNING, `${instance}.json`);
}

export function journalRunningRecord(stateDir: string, record: RunningRecord): void {
  const path = runningPath(stateDir, record.unit.identity.instance);
  writeFileSync(nextTo(path), JSON.stringify(record), { mode: 0o600 });
  renameSync(nextTo(path), path);
}

/** Where a record is written before it takes its place. */
export function nextTo(path: string): string {
  return `${path}.next`;
}
