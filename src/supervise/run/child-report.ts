// Whether an exit code is one of an ending: only the report that the command left can tell, since programs use 100 to 110
// for purposes of their own (lifecycle.md, "Outcome and exit code").
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { idTimeMs } from '../../base/id.ts';
import type { Report } from '../../lifecycle/index.ts';
import { REPORTS } from '../../lifecycle/state-dir.ts';

/** Reports that one look reads; a command leaves one or a few. */
const READ_MAX = 100;

/**
 * The report of the unit that ran as this process, or null.
 * @param pids its number as seen from outside, and from inside of its namespace
 * @param sinceWallMs when it was started
 */
export function reportOfCommand(stateDir: string | null, pids: readonly number[], sinceWallMs: number): Report | null {
  if (stateDir === null) return null;
  const directory = join(stateDir, REPORTS);
  try {
    const names = readdirSync(directory).filter((name) => /^unit_\w{26}\.json$/.test(name));
    // Instance ids sort by the time of their start, a little after the process's own.
    const recent = names
      .filter((name) => idTimeMs(name) >= sinceWallMs)
      .toSorted()
      .slice(-READ_MAX);
    for (const name of recent.toReversed()) {
      const report = JSON.parse(readFileSync(join(directory, name), 'utf8')) as Report;
      if (report.schema === 'lastcall.report/1' && pids.includes(report.unit.pid)) return report;
    }
  } catch {
    // What cannot be read tells nothing.
  }
  return null;
}
