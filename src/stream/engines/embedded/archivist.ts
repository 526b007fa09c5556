// Archives while the pipeline works: one at a time, in the background, when due by time or records; on request; and at the
// end if one is due and the budget allows. An archive that cannot be written is told and tried again when next due: the
// live state does not depend on it.
import { join } from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import { pruneArchives } from '../../archive/prune.ts';
import { ARCHIVES, archiveIds, readManifest } from '../../archive/manifest.ts';
import type { ArchiveManifest } from '../../archive/manifest.ts';
import { writeArchive } from '../../archive/write.ts';
import { archiveIsDue } from '../../core/archive-schedule.ts';
import type { ArchiveRules, Pipeline } from '../../pipeline.ts';
import type { Epochs } from './epochs.ts';

export type ArchiveNews =
  | { readonly archived: ArchiveManifest; readonly tookMs: number; readonly removed: readonly string[] }
  | { readonly failed: unknown };

export interface ArchivistParts {
  readonly directory: string;
  readonly clock: Clock;
  readonly epochs: Epochs;
  /** When the pipeline's oldest known epoch was committed, wall clock: archives are due from then on. */
  readonly bornAtMs: number;
  readonly onArchive: (news: ArchiveNews) => void;
}

interface Newest {
  readonly records: number;
  readonly atMs: number;
}

/** An archive at the end is begun only if this many times the last one's duration is left. */
const MARGIN = 1.5;
/** What an archive is assumed to take before one was written, milliseconds. */
const FIRST_MS = 1_000;

export class Archivist {
  readonly #pipeline: Pipeline;
  readonly #rules: ArchiveRules;
  readonly #parts: ArchivistParts;
  readonly #closing = new AbortController();
  #running: Promise<ArchiveManifest> | null = null;
  /** Records and wall clock at the newest archive. */
  #newest: Newest;
  /** When that was on the clock that never steps, milliseconds: archives are due by it. */
  #sinceMs: number;
  #tookMs = FIRST_MS;

  constructor(pipeline: Pipeline, rules: ArchiveRules, parts: ArchivistParts) {
    this.#pipeline = pipeline;
    this.#rules = rules;
    this.#parts = parts;
    this.#newest = newestArchive(parts.directory) ?? { records: 0, atMs: parts.bornAtMs };
    // An archive from the future tells that the wall clock was set back meanwhile, and nothing of its age.
    const ageMs = Math.max(0, parts.clock.wallMs() - this.#newest.atMs);
    this.#sinceMs = parts.clock.monotonicMs() - ageMs;
  }

  /** Wall clock of the newest archive, or of the start if there is none. */
  get newestAtMs(): number {
    return this.#newest.atMs;
  }

  get isDue(): boolean {
    const { clock, epochs } = this.#parts;
    const records = epochs.committed.row.records - this.#newest.records;
    return archiveIsDue(this.#rules, { records, ms: clock.monotonicMs() - this.#sinceMs });
  }

  /** Called after each commit. */
  consider(): void {
    // Its outcome is told by `onArchive`.
    if (this.#running === null && this.isDue) this.now().catch(() => {});
  }

  /** Archives the newest epoch, or waits for the archive that is being written. @throws what writing throws */
  now(): Promise<ArchiveManifest> {
    this.#running ??= this.#write().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Settles when no archive is being written. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => {});
  }

  /** The last chance: whatever is under way is finished, and one is written if due, within `remainingMs`. */
  async finish(remainingMs: () => number, signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#closing.abort(), { once: true });
    await this.settled();
    if (this.isDue && remainingMs() > this.#tookMs * MARGIN) await this.now().catch(() => {});
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.settled();
  }

  async #write(): Promise<ArchiveManifest> {
    const { directory, clock, onArchive } = this.#parts;
    const startedAtMs = clock.monotonicMs();
    const nowMs = clock.wallMs();
    // Also when it fails: the next attempt is due after another interval, not after the next commit.
    this.#newest = { records: this.#parts.epochs.committed.row.records, atMs: nowMs };
    this.#sinceMs = startedAtMs;
    try {
      const request = { directory, pipeline: this.#pipeline.name, nowMs, signal: this.#closing.signal };
      const archived = await writeArchive(request);
      // What was committed until the copy began is in it too.
      this.#newest = { records: archived.records, atMs: nowMs };
      const removed = await pruneArchives(directory, this.#rules, nowMs);
      this.#tookMs = clock.monotonicMs() - startedAtMs;
      onArchive({ archived, tookMs: this.#tookMs, removed });
      return archived;
    } catch (error) {
      onArchive({ failed: error });
      throw error;
    }
  }
}

function newestArchive(directory: string): Newest | null {
  const archives = join(directory, ARCHIVES);
  for (const id of archiveIds(archives)) {
    try {
      return readManifest(join(archives, id));
    } catch {
      // An archive that cannot be read does not count.
    }
  }
  return null;
}
