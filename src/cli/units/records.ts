// The records that running units keep of themselves (lifecycle/running-record.ts), read for `lastcall ps`: they also tell
// of units without a control socket, and of those that were killed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fateOf, type ProcessFate } from '../../base/process-identity.ts';
import type { UnitIdentity } from '../../lifecycle/index.ts';
import { RUNNING, type RunningRecord } from '../../lifecycle/watchdog/journal.ts';

export interface RecordedUnit {
  readonly identity: UnitIdentity;
  readonly fate: ProcessFate;
}

/** The newest record of each name. */
export function recordedUnits(stateDir: string): ReadonlyMap<string, RecordedUnit> {
  const found = new Map<string, RecordedUnit>();
  // File names are instance ids, which sort by time.
  for (const file of namesIn(join(stateDir, RUNNING)).toSorted()) {
    const record = file.endsWith('.json') ? readRecord(join(stateDir, RUNNING, file)) : null;
    if (record === null) continue;
    const { identity } = record.unit;
    found.set(identity.name, { identity, fate: fateOf(record.process) });
  }
  return found;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** null for a file that is gone by now, torn, or of another version. */
function readRecord(path: string): RunningRecord | null {
  try {
    const record = JSON.parse(readFileSync(path, 'utf8')) as RunningRecord;
    return record.schema === 'lastcall.running/1' ? record : null;
  } catch {
    return null;
  }
}
