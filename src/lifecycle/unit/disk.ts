// Everything of a root unit that goes to disk, or out with the report.
import { messageOf } from '../../base/errors.ts';
import { type ProcessIdentity, thisProcess } from '../../base/process-identity.ts';
import type { Report } from '../report.ts';
import { pruneReports, REPORTS_MAX, writeReportSync, writeTerminationLog } from '../report-file.ts';
import {
  removeRunningRecord,
  removeRunningRecordSoon,
  reportDeadUnits,
  type Skipped,
  writeRunningRecord,
} from '../running-record.ts';
import { openStateDir, type StateDirRequest } from '../state-dir.ts';
import type { Log } from '../view.ts';
import type { RecordedUnit } from '../watchdog/snapshot.ts';

export interface DiskOptions extends StateDirRequest {
  /** Kubernetes' file for a container's last words, or null. */
  readonly terminationLog: string | null;
  readonly reportUrl: string | null;
  readonly log: Log;
}

export class Disk {
  /** The state directory; null: there is no place for one. */
  readonly stateDir: string | null;
  readonly #options: DiskOptions;

  /** @throws LastcallError `io` or `disk_full` if the state directory asked for cannot be used */
  constructor(options: DiskOptions) {
    this.#options = options;
    const { path, warning } = openStateDir(options);
    this.stateDir = path;
    if (warning !== null) options.log('state_dir_elsewhere', { warning });
  }

  /** This process, or null where the system does not tell enough of it to recognise it later. */
  thisProcess(): ProcessIdentity | null {
    try {
      return thisProcess();
    } catch (error) {
      this.#options.log('process_unknown', { error: messageOf(error) });
      return null;
    }
  }

  /** Reports of earlier instances that were killed, then the record that this one runs. */
  recordStart(unit: RecordedUnit, wallMs: number): void {
    const { stateDir } = this;
    const { log } = this.#options;
    const process = this.thisProcess();
    if (stateDir === null || process === null) return;
    try {
      const skipped: Skipped = (file, why) => log('record_skipped', { file, error: messageOf(why) });
      for (const report of reportDeadUnits(stateDir, unit.identity.name, skipped)) {
        log('found_dead', { dead: report.unit.instance, work: report.work, checkpoint: report.checkpoint });
      }
      pruneReports(stateDir, REPORTS_MAX);
      writeRunningRecord(stateDir, { schema: 'lastcall.running/1', process, journalledAtMs: wallMs, unit });
    } catch (error) {
      log('record_failed', { error: messageOf(error) });
    }
  }

  /** Durable when it returns. What fails is logged: the exit code and the log line still tell the outcome. */
  writeReport(report: Report): void {
    const { log, terminationLog } = this.#options;
    try {
      if (this.stateDir !== null) writeReportSync(this.stateDir, report);
    } catch (error) {
      log('report_unwritten', { error: messageOf(error) });
    }
    if (terminationLog !== null) writeTerminationLog(terminationLog, report);
  }

  /** With a report on disk the record is of no use; if this does not happen any more, the next start does it. */
  forgetRunning(instance: string): void {
    if (this.stateDir === null) return;
    try {
      removeRunningRecord(this.stateDir, instance);
    } catch (error) {
      this.#options.log('record_left', { error: messageOf(error) });
    }
  }

  /** The same, beside whatever else there is to do. Never rejects. */
  async forgetRunningSoon(instance: string): Promise<void> {
    if (this.stateDir === null) return;
    await removeRunningRecordSoon(this.stateDir, instance).catch((error: unknown) => {
      this.#options.log('record_left', { error: messageOf(error) });
    });
  }

  /** To the address given for it, if there is one. Never rejects. */
  async deliver(report: Report, boundMs: number): Promise<void> {
    const { reportUrl, log } = this.#options;
    if (reportUrl === null) return;
    try {
      const { deliverReport } = await import('../report-delivery.ts');
      await deliverReport(reportUrl, report, boundMs, process.env);
    } catch (error) {
      log('report_undelivered', { error: messageOf(error) });
    }
  }
}
