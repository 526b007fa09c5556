// Where a database may lie: WAL needs memory shared between processes and locks that work, which network file systems
// do not give (https://sqlite.org/wal.html, "all processes must be on the same host").
import { statfsSync } from 'node:fs';

import { fileError } from '../base/files/index.ts';
import { LastcallError } from '../base/errors.ts';

/** statfs(2) types. FUSE and 9p are not listed: some of them are local. */
const NETWORK_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
]);

/** The name of the network file system with this statfs type; null if it is not known to be one. */
export function networkFileSystem(statfsType: number): string | null {
  return NETWORK_TYPES.get(statfsType >>> 0) ?? null;
}

/** @throws LastcallError `state_refused` if `directory` is known to lie on a network file system */
export function requireLocal(directory: string): void {
  if (process.platform !== 'linux') return;
  let type: number;
  try {
    type = statfsSync(directory).type;
  } catch (error) {
    throw fileError(error, directory);
  }
  const name = networkFileSystem(type);
  if (name === null) return;
  throw new LastcallError('state_refused', {
    what: `this directory is on ${name}, where a database cannot be kept safely`,
    on: directory,
    todo: 'Choose a directory on a local disk with --state-dir.',
  });
}
