// Looking at and damaging the files of a state that nobody has open.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** SHA-256 of every file by path, but for those that only say who owns the directory. */
export function fingerprint(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(directory, name)).isFile())
    .filter((name) => !['lock', 'owner.json'].includes(name) && !name.endsWith('-shm'));
  return Object.fromEntries(
    files.sort().map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(directory, name)))
        .digest('hex'),
    ]),
  );
}

/** What a process that was killed now would leave; its pipeline is at rest between two commits. */
export function copyAsKilled(directory: string, to: string): void {
  for (const name of ['state.db', 'state.db-wal', 'mark', 'archives']) {
    if (existsSync(join(directory, name))) cpSync(join(directory, name), join(to, name), { recursive: true });
  }
}

/** Inverts the bits of `mask` in one byte. */
export function flip(path: string, offset: number, mask = 0xff): void {
  const bytes = readFileSync(path);
  bytes[offset]! ^= mask;
  writeFileSync(path, bytes);
}

export function truncate(path: string, length: number): void {
  writeFileSync(path, readFileSync(path).subarray(0, length));
}
