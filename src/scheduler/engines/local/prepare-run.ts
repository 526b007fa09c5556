// What is made once for a run, before its first keeper: its directory, its control group, and the record that its end needs.
import { mkdirSync } from 'node:fs';
import { messageOf } from '../../../base/errors.ts';
import { thisProcess } from '../../../base/process-identity.ts';
import { type CgroupPlace, makeCgroup, NO_LIMITS } from '../../../supervise/index.ts';
import type { Run } from '../../core/types.ts';
import type { Devices } from './devices.ts';
import type { Layout } from './layout.ts';
import { readRunRecord, writeRunRecord } from './run-record.ts';

export interface Preparation {
  readonly layout: Layout;
  readonly storeId: string;
  readonly devices: Devices;
  /** Whether control groups can be made here. */
  readonly hasCgroups: boolean;
  /** Told of a limit that nothing here enforces. */
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** @param memoryBytes limit of the whole run; 0 = none @returns its control group, or null where there is none */
export function prepareRun(preparation: Preparation, run: Run, memoryBytes: number): CgroupPlace | null {
  const { layout, devices } = preparation;
  const directory = layout.run(run.id);
  const known = readRunRecord(directory);
  if (known) return known.cgroup;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  mkdirSync(layout.checkpoints(run.job), { recursive: true, mode: 0o700 });
  const { host, bootId, startTime } = thisProcess();
  const gpus = run.members.flatMap((member) => member.gpus);
  const cgroup = makeGroup(preparation, run, memoryBytes);
  writeRunRecord(directory, { host, bootId, cgroup, since: startTime, usedBefore: devices.usedBefore(gpus) });
  return cgroup;
}

function makeGroup({ storeId, hasCgroups, log }: Preparation, run: Run, memoryBytes: number): CgroupPlace | null {
  const notEnforced = (why: string) => log('limit_not_enforced', { job: run.job, memoryBytes, why });
  if (!hasCgroups) {
    if (memoryBytes > 0) notEnforced('no control groups');
    return null;
  }
  const name = `lastcall-${storeId}-${run.job}-${run.attempt}`;
  try {
    if (memoryBytes > 0) return makeCgroup(name, { ...NO_LIMITS, memoryBytes });
  } catch (error) {
    notEnforced(messageOf(error));
  }
  try {
    return makeCgroup(name, NO_LIMITS);
  } catch {
    return null;
  }
}
