// Finds lastcall.yaml upwards of a directory. Apart from config-file.ts, so that a machine without one loads no parser.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The nearest lastcall.yaml of `from` and the directories above it. */
export function findConfigFile(from: string): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, 'lastcall.yaml');
    if (existsSync(candidate)) return candidate;
    if (dirname(directory) === directory) return undefined;
  }
}
