// What a pipeline's database tells of its past: the chain of epochs notes when a state was taken from an archive.
import { DatabaseSync } from 'node:sqlite';

export interface Fallback {
  /** Id of the archive. */
  readonly from: string;
  /** Newer states and archives that could not be used. */
  readonly stepsBack: number;
  /** What was wrong with the newest state. */
  readonly why: string;
}

/** @param path of the pipeline's database */
export function fallbacksOf(path: string): Fallback[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database
      .prepare(
        `SELECT event.value ->> 'from' AS "from", event.value ->> 'stepsBack' AS stepsBack, event.value ->> 'why' AS why
         FROM lastcall_epoch, json_each(manifest, '$.events') AS event
         WHERE event.value ->> 'event' = 'restored' ORDER BY epoch`,
      )
      .all()
      .map((row) => ({ ...row }) as unknown as Fallback);
  } finally {
    database.close();
  }
}
