// Durable records: SQLite, the lock of a directory, checksummed blobs.
export { BlobStore } from './blobs.ts';
export type { BlobState } from './blobs.ts';
export { sha256, sha256OfFile } from './checksum.ts';
export { integrityProblems } from './integrity.ts';
export type { IntegrityDepth } from './integrity.ts';
export { lockDirectory, readLockOwner } from './lock.ts';
export type { DirectoryLock, LockOwner } from './lock.ts';
export { migrate, requireKnownVersion, schemaVersion } from './migrations.ts';
export type { Migration } from './migrations.ts';
export { sqliteError } from './sqlite-error.ts';
export { openSqlite, openSqliteForReading } from './sqlite.ts';
export { transaction } from './transaction.ts';
