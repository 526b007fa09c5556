// How long each test file took the last time, in the git-ignored .cache/: only for the order in which files start.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileResult } from './run-file.ts';

export function readTimes(root: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(fileOf(root), 'utf8')) as Record<string, number>;
  } catch {
    return {}; // the first run, or cut off: then the order is by name
  }
}

export function writeTimes(root: string, times: Record<string, number>, results: readonly FileResult[]): void {
  const now = Object.fromEntries(results.map(({ path, ms }) => [path, Math.round(ms)]));
  mkdirSync(dirname(fileOf(root)), { recursive: true });
  writeFileSync(fileOf(root), JSON.stringify({ ...times, ...now }, undefined, 1));
}

function fileOf(root: string): string {
  return join(root, '.cache', 'test-times.json');
}
