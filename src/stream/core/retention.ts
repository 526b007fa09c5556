// Which archives may go: those beyond the newest `keep`, and those older than `keepForMs`, but never the newest one that
// was verified, since it may be all that is left to start from.

export interface Archived {
  readonly id: string;
  /** Wall clock, milliseconds. */
  readonly atMs: number;
  readonly verified: boolean;
}

export interface Retention {
  readonly keep: number;
  readonly keepForMs: number;
}

/** Ids of the archives to remove. @param archives newest first */
export function expired(archives: readonly Archived[], { keep, keepForMs }: Retention, nowMs: number): string[] {
  const lastVerified = archives.find(({ verified }) => verified);
  return archives
    .filter((archive, index) => index >= keep || nowMs - archive.atMs > keepForMs)
    .filter((archive) => archive !== lastVerified)
    .map(({ id }) => id);
}
