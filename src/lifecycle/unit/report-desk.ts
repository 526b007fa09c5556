// Takes the report of a root unit to everywhere it goes. Writing is synchronous and durable, since the exit follows;
// sending it comes after and never holds the exit up beyond the deadline. Main and watchdog claim the right to write it
// by one atomic operation, so there is exactly one.
import { messageOf } from '../../base/errors.ts';
import type { Report } from '../report.ts';
import { deliverReport, writeReportSync, writeTerminationLog } from '../report-file.ts';
import { removeRunningRecord } from '../running-record.ts';
import type { Log } from '../view.ts';
import type { UnitNode } from './node.ts';

export interface DeskOptions {
  readonly node: UnitNode;
  readonly log: Log;
  readonly terminationLog: string | null;
  readonly reportUrl: string | null;
  stateDir(): string | null;
}

export class ReportDesk {
  readonly #options: DeskOptions;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  write(report: Report): void {
    if (!this.#options.node.claimReport()) {
      // The watchdog found the deadline passed and is about to kill this process: it writes the same report.
      return;
    }
    this.#save(report);
    if (this.#options.terminationLog !== null) writeTerminationLog(this.#options.terminationLog, report);
  }

  /** An error came out of the program after its unit had ended well: the report must not call that a success. */
  amend(report: Report, error: string): void {
    if (report.exitCode !== 0) return;
    this.#save({ ...report, outcome: 'failed', exitCode: 1, exitCodeFrom: 'work', workExitCode: 1, error });
  }

  async deliver(report: Report, boundMs: number): Promise<void> {
    const { reportUrl, log } = this.#options;
    if (reportUrl === null) return;
    try {
      await deliverReport(reportUrl, report, boundMs);
    } catch (error) {
      log('report_undelivered', { error: messageOf(error) });
    }
  }

  #save(report: Report): void {
    const { stateDir, log } = this.#options;
    try {
      const directory = stateDir();
      if (directory === null) return;
      writeReportSync(directory, report);
      removeRunningRecord(directory, report.unit.instance);
    } catch (error) {
      // The exit code and the log line still tell it.
      log('report_unwritten', { error: messageOf(error) });
    }
  }
}
