// A small record of every unit that runs, so that a unit that was killed (SIGKILL, out of memory, power) gets its report
// too: the next start of the same name finds the record without a living process, and writes what is known.
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, unlink, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rfc3339 } from '../base/clock.ts';
import { writeFileDurablySync } from '../base/files/index.ts';
import { isId } from '../base/id.ts';
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

/** The same beside whatever else there is to do: on some disks it takes milliseconds. */
export async function removeRunningRecordSoon(stateDir: string, instance: string): Promise<void> {
  await promisify(unlink)(runningPath(stateDir, instance)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** A record that is not one of ours, damaged, or whose report cannot be written, must not keep anybody from starting. */
export type Skipped = (file: string, why: unknown) => void;

/**
 * Writes the reports of units called `name` that ended without one.
 * @returns the reports written, oldest first
 * @throws the system's error if the records cannot be listed
 */
export function reportDeadUnits(stateDir: string, name: string, skipped: Skipped): readonly Report[] {
  const written: Report[] = [];
  for (const file of readdirSync(join(stateDir, RUNNING)).sort()) {
    if (!file.endsWith('.json')) continue;
    try {
      const record = readRecord(join(stateDir, RUNNING, file), file.slice(0, -'.json'.length));
      const report = record && reportIfDead(stateDir, name, record);
      if (report) written.push(report);
    } catch (error) {
      skipped(file, error);
    }
  }
  return written;
}

/** @returns the report, if there was none yet */
function reportIfDead(stateDir: string, name: string, record: RunningRecord): Report | null {
  const { unit, process, journalledAtMs } = record;
  // Of another name, alive, or on another host: not ours to speak for.
  if (unit.identity.name !== name || fateOf(process) !== 'gone') return null;
  const { instance } = unit.identity;
  const report = existsSync(reportPath(stateDir, instance)) ? null : crashReport(unit, journalledAtMs);
  if (report) writeReportSync(stateDir, report);
  removeRunningRecord(stateDir, instance);
  rmSync(nextTo(runningPath(stateDir, instance)), { force: true });
  return report;
}

/**
 * null for a record of another version, and for one that has gone meanwhile. What it says of itself becomes a path, so it
 * has to be called what its file is called, which has to be an id.
 */
function readRecord(path: string, instance: string): RunningRecord | null {
  if (!isId('unit', instance)) throw new Error('its name is no unit id');
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return null;
  // Reading a pipe would wait for its writer.
  if (!found.isFile()) throw new Error('it is no file');
  const record = JSON.parse(readFileSync(path, 'utf8')) as Partial<RunningRecord> | null;
  if (record?.schema !== 'lastcall.running/1') return null;
  if (record.unit?.identity?.instance !== instance) throw new Error('it is not the record of the unit in its name');
  return record as RunningRecord;
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
