// When an archive is due.

export interface ArchiveSchedule {
  readonly everyMs: number;
  readonly everyRecords: number;
}

/** How far the pipeline has come since its newest archive (or since it began). */
export interface SinceArchive {
  readonly records: number;
  readonly ms: number;
}

/** Due by time or by records, and never while nothing has changed. */
export function archiveIsDue({ everyMs, everyRecords }: ArchiveSchedule, since: SinceArchive): boolean {
  return since.records > 0 && (since.ms >= everyMs || since.records >= everyRecords);
}
