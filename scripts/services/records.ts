// Notes of who holds which service running by `npm run services -- start`, so that `stop` and `list` find them. A note
// is believed only while the very process that wrote it lives.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fateOf, type ProcessIdentity, thisProcess } from '../../src/base/process-identity.ts';
import { SERVICES_FOLDER } from './install.ts';

export interface RunRecord {
  service: string;
  address: string;
  holder: ProcessIdentity;
}

/** Tests have one of their own, so that they stop nobody's service. */
const FOLDER = process.env['RUNNING_SERVICES_FOLDER'] ?? join(SERVICES_FOLDER, 'running');

/** Resolves how to take the note away again. */
export function writeRecord(service: string, address: string): () => void {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  const file = join(FOLDER, `${service}-${process.pid}.json`);
  writeFileSync(file, JSON.stringify({ service, address, holder: thisProcess() } satisfies RunRecord), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

/** Services that run now; notes of holders that are gone are removed. */
export function readRecords(): RunRecord[] {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  return readdirSync(FOLDER).flatMap((name) => {
    const file = join(FOLDER, name);
    const record = JSON.parse(readFileSync(file, 'utf8')) as RunRecord;
    const fate = fateOf(record.holder);
    if (fate === 'gone') rmSync(file, { force: true });
    return fate === 'alive' ? [record] : [];
  });
}
