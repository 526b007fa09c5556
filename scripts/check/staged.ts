// The package as it would be published, built once for all the steps that look at it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stagePackage } from '../package/stage.ts';

let folder: string | undefined;

/** Path of the folder; it goes when this process ends. @throws Error with what the compiler said */
export function stagedPackage(): string {
  if (folder !== undefined) return folder;
  const fresh = mkdtempSync(join(tmpdir(), 'check-'));
  process.on('exit', () => rmSync(fresh, { recursive: true, force: true }));
  stagePackage(fresh);
  folder = fresh;
  return folder;
}
