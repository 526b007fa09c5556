// Tables of the scheduler in SQLite. Live rows are few; history is only ever found by an index.
import type { Migration } from '../../store/index.ts';

export const COMPONENT = 'scheduler';

export const MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, state TEXT NOT NULL, live INTEGER NOT NULL,
    spec TEXT NOT NULL, rest TEXT NOT NULL
  ) STRICT;
  CREATE INDEX jobs_live ON jobs (live) WHERE live = 1;
  CREATE INDEX jobs_owner ON jobs (owner, seq);
  CREATE INDEX jobs_state ON jobs (state, seq);
  CREATE TABLE labels (name TEXT NOT NULL, value TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (name, value, seq)) STRICT, WITHOUT ROWID;
  CREATE TABLE runs (id TEXT PRIMARY KEY, row TEXT NOT NULL) STRICT;
  CREATE TABLE resources (id TEXT PRIMARY KEY, row TEXT NOT NULL) STRICT;
  CREATE TABLE intents (id TEXT PRIMARY KEY, row TEXT NOT NULL) STRICT;
  CREATE TABLE owners (name TEXT PRIMARY KEY, row TEXT NOT NULL) STRICT;
  CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT, owner TEXT, row TEXT NOT NULL) STRICT;
  CREATE INDEX events_job ON events (job, id) WHERE job IS NOT NULL;
  CREATE TABLE reports (job TEXT NOT NULL, attempt INTEGER NOT NULL, row TEXT NOT NULL, PRIMARY KEY (job, attempt)) STRICT;
  CREATE TABLE answered (owner TEXT NOT NULL, key TEXT NOT NULL, hash TEXT NOT NULL, jobs TEXT NOT NULL, wall_ms INTEGER NOT NULL, PRIMARY KEY (owner, key)) STRICT;
  CREATE INDEX answered_age ON answered (wall_ms);
  CREATE TABLE schedules (id TEXT PRIMARY KEY, row TEXT NOT NULL) STRICT;
  `,
];
