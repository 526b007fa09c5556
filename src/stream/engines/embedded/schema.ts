// Tables of the embedded engine, in the database that also holds the tables of sources and sinks. Everything of one epoch
// changes in one transaction (commit.ts).
import type { Migration } from '../../../store/index.ts';

export const COMPONENT = 'engine';

export const MIGRATIONS: readonly Migration[] = [
  `
  -- Which pipeline this is; one row.
  CREATE TABLE lastcall_pipeline (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL,
    topology TEXT NOT NULL
  ) STRICT;

  -- Who may commit; one row, read in every transaction (fence.ts).
  CREATE TABLE lastcall_fence (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    instance TEXT NOT NULL,
    owner TEXT NOT NULL,
    holds_lock INTEGER NOT NULL,
    released INTEGER NOT NULL,
    lease_ms INTEGER NOT NULL,
    lease_until_ms INTEGER NOT NULL
  ) STRICT;

  -- The newest epochs; each row's hash covers the row before (chain.ts).
  CREATE TABLE lastcall_epoch (
    epoch INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    topology TEXT NOT NULL,
    code TEXT NOT NULL,
    records INTEGER NOT NULL,
    outputs INTEGER NOT NULL,
    dead INTEGER NOT NULL,
    manifest TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;

  -- How far each partition is done.
  CREATE TABLE lastcall_position (
    partition INTEGER PRIMARY KEY,
    records INTEGER NOT NULL,
    place BLOB NOT NULL
  ) STRICT;

  -- State and models; the pieces of a slot are counted and their checksums summed, so that a lost one shows.
  CREATE TABLE lastcall_slot (
    slot INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    pieces INTEGER NOT NULL,
    checksums INTEGER NOT NULL
  ) STRICT;

  -- \`was\` is the checksum that the last change replaced: an upsert returns it (slot-writer.ts).
  CREATE TABLE lastcall_piece (
    slot INTEGER NOT NULL,
    key ANY NOT NULL,
    value BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    was INTEGER,
    PRIMARY KEY (slot, key)
  ) STRICT, WITHOUT ROWID;

  -- Records whose step failed and was not to be tried again.
  CREATE TABLE lastcall_dead_letter (
    id INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    step TEXT NOT NULL,
    partition INTEGER NOT NULL,
    place BLOB NOT NULL,
    attempts INTEGER NOT NULL,
    error TEXT NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  `,
];
