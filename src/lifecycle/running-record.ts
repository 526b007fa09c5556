// A small record of every unit that runs, so that a unit that was killed (SIGKILL, out of memory, power) gets its report
// too: the next start of the same name finds the record without a living process, and writes what is known.
import { existsSync, readdirSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { rfc3339 } from '../base/clock.ts';
import { writeFileDurablySync } from '../base/files/index.ts';
import { fateOf } from '../base/process-identity.ts';
import { LOST_IDS_MAX } from './core/work.ts';
import type { Report } from './report.ts';
import { reportPath, writeReportSync } from './report-file.ts';
import { nextTo, RUNNING, type RunningRecord, runningPath } from './watchdog/journal.ts';
import type { RecordedUnit } from './watchdog/snapshot.ts';

/** What a shell says of a process that was ended by SIGKILL; nothing nearer to the truth is known. */
const KILLED_CODE = 137;

/** Durable: for the start. @throws LastcallError `disk_full`, `io` or `not_found` */
export function writeRunningRecord(stateDir: string, record: RunningRecord): void {
  writeFileDurablySync(runningPath(stateDir, record.unit.identity.instance), JSON.stringify(record));
}

/** A record that is gone already is no error. @throws the system's error otherwise */
export function removeRunningRecord(stateDir: string, instance: string): void {
  try {
    unlinkSync(runningPath(stateDir, instance));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/**
 * Writes the reports of units called `name` that ended without one.
 * @returns the reports written, oldest first
 * @throws LastcallError `disk_full` or `io`
 */
export function reportDeadUnits(stateDir: string, name: string): readonly Report[] {
  const written: Report[] = [];
  for (const file of readdirSync(join(stateDir, RUNNING)).sort()) {
    if (!file.endsWith('.json')) continue;
    const record = readRecord(join(stateDir, RUNNING, file));
    // Of another name, alive, or on another host: not ours to speak for.
    if (record?.unit.identity.name !== name || fateOf(record.process) !== 'gone') continue;
    const { instance } = record.unit.identity;
    if (!existsSync(reportPath(stateDir, instance))) {
      const report = crashReport(record.unit, record.journalledAtMs);
      writeReportSync(stateDir, report);
      written.push(report);
    }
    removeRunningRecord(stateDir, instance);
    rmSync(nextTo(runningPath(stateDir, instance)), { force: true });
  }
  return written;
}

/** null for a file that a power loss left torn, and for one of another version. */
function readRecord(path: string): RunningRecord | null {
  try {
    const record = JSON.parse(readFileSync(path, 'utf8')) as RunningRecord;
    return record.schema === 'lastcall.running/1' ? record : null;
  } catch {
    return null;
  }
}

/** What is known of a unit that is gone: the last record of it. What was in flight then is unknown (invariant 9). */
export function crashReport(unit: RecordedUnit, lastSeenWallMs: number): Report {
  const { state, ledger } = unit;
  const { counts, lostIds, inFlightIds, inFlightAnonymous } = ledger;
  const inFlight = inFlightIds.length + inFlightAnonymous;
  return {
    schema: 'lastcall.report/1',
    unit: unit.identity,
    cause: { kind: 'crash', at: rfc3339(lastSeenWallMs) },
    outcome: 'killed',
    exitCode: KILLED_CODE,
    exitCodeFrom: 'ending',
    workExitCode: state.workEnd?.code ?? null,
    error: state.failure ?? 'the process ended without a report (killed, out of memory, or power loss)',
    budget: {
      totalMs: state.ending?.totalMs ?? 0,
      usedMs: 0,
      extendedMs: Math.round(state.ending?.extendedMs ?? 0),
      source: state.ending?.budgetSource ?? state.config.graceSource,
    },
    stages: state.stages,
    work: {
      of: unit.workOf,
      ...counts,
      unknown: counts.unknown + inFlight,
      lostIds: [...lostIds, ...inFlightIds].slice(0, LOST_IDS_MAX),
    },
    checkpoint: state.checkpoint,
    released: { ...state.released, proven: false },
    signals: state.signals.map(({ signal, atMs }) => ({ signal, atMs: Math.round(atMs) })),
    parts: [...unit.reports, ...unit.parts.map((part) => crashReport(part, lastSeenWallMs))],
  };
}
