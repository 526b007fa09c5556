// Units of this machine: a task whose `job_id` is the instance of a unit. Its report says that it ended; its running record
// says which process it is, and whether that lives (start time and boot compared).
import { readFile } from 'node:fs/promises';
import { isId } from '../../base/id.ts';
import { fateOf } from '../../base/process-identity.ts';
import { reportPath } from '../../lifecycle/report-file.ts';
import { runningPath, type RunningRecord } from '../../lifecycle/watchdog/journal.ts';
import type { Report } from '../../lifecycle/index.ts';
import type { Witness } from './witness.ts';

export function unitWitness(stateDir: string): Witness {
  return {
    name: 'unit',
    async ask({ job }) {
      // The id is part of a path: nothing else than an id may be.
      if (job === null || !isId('unit', job)) return null;
      const report = await readJson<Report>(reportPath(stateDir, job));
      if (report) {
        const { name } = report.unit;
        return { verdict: 'gone', detail: `${name} ended: ${report.outcome}, exit code ${report.exitCode}` };
      }
      const record = await readJson<RunningRecord>(runningPath(stateDir, job));
      if (!record) return { verdict: 'unknown', detail: `no record of ${job} is here` };
      const fate = fateOf(record.process);
      const name = record.unit.identity.name;
      if (fate === 'unknown') return { verdict: 'unknown', detail: `${name} ran on another host or boot` };
      return { verdict: fate, detail: `process ${record.process.pid} of ${name} is ${fate}` };
    },
  };
}

async function readJson<Value>(path: string): Promise<Value | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Value;
  } catch {
    return null; // not there, or damaged: it proves nothing
  }
}
