// Where a report goes on this machine: a durable file, and Kubernetes' termination log.
import { readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurablySync } from '../base/files/index.ts';
import type { Report } from './report.ts';
import { REPORTS } from './state-dir.ts';

/** Reports of one state directory; the oldest go when there are more. */
export const REPORTS_MAX = 1_000;
/** Kubernetes cuts the message of a container at this many bytes. */
const TERMINATION_BYTES_MAX = 4_096;

export function reportPath(stateDir: string, instance: string): string {
  return join(stateDir, REPORTS, `${instance}.json`);
}

/** @throws LastcallError `disk_full`, `io` or `not_found` */
export function writeReportSync(stateDir: string, report: Report): void {
  writeFileDurablySync(reportPath(stateDir, report.unit.instance), `${JSON.stringify(report, null, 2)}\n`);
}

/** Removes the oldest reports. Instance ids sort by time. */
export function pruneReports(stateDir: string, keep: number): void {
  const directory = join(stateDir, REPORTS);
  const names = readdirSync(directory).filter((name) => /^unit_\w+\.json$/.test(name));
  for (const name of names.sort().slice(0, -keep)) unlinkSync(join(directory, name));
}

/**
 * A summary for `kubectl describe pod`, at most 4 KiB, since pods die with their files. The file is there in every
 * container of a pod; where it is not, or cannot be written, nothing is lost.
 */
export function writeTerminationLog(path: string, report: Report): void {
  try {
    writeFileSync(path, summaryOf(report), { flag: 'r+' });
  } catch {
    // The report has been written elsewhere; this was for convenience.
  }
}

/** The report in at most 4 KiB: lists are shortened until it fits. */
export function summaryOf(report: Report): string {
  for (const namedMax of [20, 5, 0]) {
    const summary = JSON.stringify(shorten(report, namedMax));
    if (Buffer.byteLength(summary) <= TERMINATION_BYTES_MAX) return summary;
  }
  const { schema, outcome, exitCode } = report;
  return JSON.stringify({ schema, instance: report.unit.instance, outcome, exitCode });
}

function shorten(report: Report, namedMax: number): object {
  const { stages, work, parts, checkpoint, error } = report;
  return {
    ...report,
    error: error === null ? null : error.slice(0, 500),
    stages: stages.map(({ name, tookMs, result, stuck }) => ({
      name,
      tookMs,
      result,
      stuck: stuck.slice(0, namedMax),
    })),
    work: { ...work, lostIds: work.lostIds.slice(0, namedMax) },
    checkpoint: checkpoint === null ? null : { id: checkpoint.id, verified: checkpoint.verified },
    parts: parts.slice(0, namedMax).map(({ unit, outcome, exitCode }) => ({ name: unit.name, outcome, exitCode })),
    released: { proven: report.released.proven },
    signals: report.signals.slice(0, namedMax),
  };
}
