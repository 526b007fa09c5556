// Hands out test files to a bounded number of places: the longest first, as far as earlier runs know, so that the end
// is not one long file on one core; files whose services are still being installed when those are there.
import type { TestFile } from './find.ts';

export interface ScheduleOptions {
  /** How many files run at once. */
  places: number;
  /** Milliseconds of earlier runs, by path. */
  times: Readonly<Record<string, number>>;
  /** Settles when the file may start; called once per file, at the beginning. */
  ready: (file: TestFile) => Promise<void> | undefined;
  run: (file: TestFile) => Promise<void>;
}

export async function schedule(files: readonly TestFile[], options: ScheduleOptions): Promise<void> {
  const longestFirst = files.toSorted((a, b) => expectedMs(b, options) - expectedMs(a, options));
  const queue: TestFile[] = [];
  const waiting: Promise<void>[] = [];
  for (const file of longestFirst) {
    const ready = options.ready(file);
    if (ready) waiting.push(ready.then(() => void queue.push(file)));
    else queue.push(file);
  }
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file; file = queue.shift()) await options.run(file);
  };
  const places = async (): Promise<void> => void (await Promise.all(Array.from({ length: options.places }, work)));
  // Files that become ready while others run are taken by whichever place is free next, or by the round after.
  await Promise.all([places(), ...waiting]);
  await places();
}

function expectedMs(file: TestFile, { times }: ScheduleOptions): number {
  return times[file.path] ?? (file.slow ? Number.MAX_SAFE_INTEGER : 0);
}
