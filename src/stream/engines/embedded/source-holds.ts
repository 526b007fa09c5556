// Whether a source can go on where a state ends.
import { openSqlite } from '../../../store/index.ts';
import { showPosition } from '../../core/positions.ts';
import type { OpenSource, Source } from '../../ports.ts';
import type { Progress } from './chain.ts';
import { reachable } from './reachable.ts';

/** Why not, a clause; null if it can. */
export async function refusalOf(source: OpenSource, progress: readonly Progress[]): Promise<string | null> {
  if (source.partitions !== progress.length) {
    return `the source has ${source.partitions} partitions, and the state has ${progress.length}`;
  }
  for (const [partition, { position }] of progress.entries()) {
    if (await source.holds(partition, position)) continue;
    return `the source no longer holds position ${showPosition(position)} of partition ${partition}`;
  }
  return null;
}

/** The same for the state in the database at `path`, which the source may use. */
export async function refusalWith(
  source: Source<unknown>,
  path: string,
  directory: string,
  progress: readonly Progress[],
): Promise<string | null> {
  const database = openSqlite(path);
  try {
    const open = await reachable('source', () => source.open({ directory, database }));
    try {
      return await refusalOf(open, progress);
    } finally {
      await open.close();
    }
  } finally {
    database.close();
  }
}
