// One process at a time, across processes and containers that share the folder. The lock is SQLite's own on a file, so
// the kernel takes it away from a process that dies; a file with a PID in it would lie after a reboot or in a namespace.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const RETRY_MS = 100;

export interface LockOptions {
  /** Called once if another process holds it. */
  waiting: () => void;
  msMax: number;
}

/** Runs `work` while no other process does so with the same file. @throws Error when it is not free in time */
export async function withLock<T>(file: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    const endMs = performance.now() + options.msMax;
    for (let tries = 0; !tryLock(database); tries++) {
      if (tries === 0) options.waiting();
      if (performance.now() > endMs) throw new Error(`another process has held ${file} for too long`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    return await work();
  } finally {
    database.close();
  }
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (/locked/.test(String(error))) return false;
    throw error;
  }
}
