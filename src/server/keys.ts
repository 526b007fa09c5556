// API keys: 256 bits, of which only the SHA-256 is stored; looked up by their id and compared in constant time. The first start
// makes one for the administrator and writes it to STATE/admin.key (0600), where the command line finds it.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { rfc3339 } from '../base/clock.ts';
import { LastcallError } from '../base/errors.ts';
import { writeFileDurablySync } from '../base/files/index.ts';
import { ulid } from '../base/id.ts';
import { migrate, openSqlite } from '../store/index.ts';

/** `viewer` sees everything of its owner, `user` also submits and ends, `admin` does so for all owners and makes keys. */
export const ROLES = ['viewer', 'user', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who asks. */
export interface Caller {
  readonly keyId: string;
  readonly owner: string;
  readonly role: Role;
}

export interface KeyView {
  readonly id: string;
  readonly owner: string;
  readonly role: Role;
  /** RFC 3339. */
  readonly createdAt: string;
}

const MIGRATIONS = [
  `CREATE TABLE server_key (
     id TEXT PRIMARY KEY, owner TEXT NOT NULL, role TEXT NOT NULL, hash BLOB NOT NULL, created_at TEXT NOT NULL
   ) STRICT, WITHOUT ROWID`,
];

const ADMIN_KEY_FILE = 'admin.key';
const OWNER = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/;
const KEYS_MAX = 10_000;

export class Keys implements Disposable {
  readonly #database: DatabaseSync;

  /** @param stateDir of the server; `keys.db` lies in it */
  constructor(stateDir: string) {
    this.#database = openSqlite(join(stateDir, 'keys.db'));
    migrate(this.#database, 'keys', MIGRATIONS);
  }

  /** The administrator's key, made at the first start and whenever its file is gone. @returns its path */
  ensureAdminKey(stateDir: string, wallMs: number): string {
    const path = join(stateDir, ADMIN_KEY_FILE);
    if (existsSync(path) && this.find(readFileSync(path, 'utf8').trim())) return path;
    const { key } = this.create('admin', 'admin', wallMs);
    writeFileDurablySync(path, `${key}\n`);
    return path;
  }

  /** @returns the key itself, which is shown once and never again @throws LastcallError `usage` */
  create(owner: string, role: Role, wallMs: number): KeyView & { readonly key: string } {
    const id = ulid(wallMs, randomBytes(10));
    return { ...this.#insert(id, owner, role, wallMs, `lck_${id}_${randomBytes(32).toString('base64url')}`) };
  }

  /** In the form that an existing RL-training client knows: `otk_` and 32 hex digits. @throws LastcallError `usage` for a taken name */
  register(owner: string, wallMs: number): KeyView & { readonly key: string } {
    if (this.#database.prepare('SELECT 1 FROM server_key WHERE owner = ?').get(owner)) {
      throw new LastcallError('usage', { what: 'this name is taken', on: owner, todo: 'Choose another one.' });
    }
    const key = `otk_${randomBytes(16).toString('hex')}`;
    return this.#insert(idOf(key)!, owner, 'user', wallMs, key);
  }

  /** Whose key it is; null for one that is not known. */
  find(key: string): Caller | null {
    const id = idOf(key);
    const row = id === null ? undefined : this.#database.prepare('SELECT * FROM server_key WHERE id = ?').get(id);
    // A key that is not there takes as long as one that is wrong.
    const stored = (row?.['hash'] as Uint8Array | undefined) ?? new Uint8Array(32);
    if (!timingSafeEqual(hashOf(key), stored) || row === undefined) return null;
    return { keyId: row['id'] as string, owner: row['owner'] as string, role: row['role'] as Role };
  }

  list(): readonly KeyView[] {
    return this.#database.prepare('SELECT * FROM server_key ORDER BY id').all().map(viewOf);
  }

  /** @throws LastcallError `not_found` */
  revoke(id: string): void {
    const { changes } = this.#database.prepare('DELETE FROM server_key WHERE id = ?').run(id);
    if (changes > 0) return;
    throw new LastcallError('not_found', {
      what: 'there is no such key',
      on: id,
      todo: '`lastcall keys list` lists them.',
    });
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #insert(id: string, owner: string, role: Role, wallMs: number, key: string): KeyView & { readonly key: string } {
    if (!OWNER.test(owner)) {
      throw new LastcallError('usage', {
        what: 'an owner has 1 to 63 letters, digits and . _ @ -',
        on: JSON.stringify(owner),
        todo: 'Choose another name.',
      });
    }
    const count = this.#database.prepare('SELECT count(*) AS n FROM server_key').get()!['n'] as number;
    if (count >= KEYS_MAX) {
      throw new LastcallError('usage', { what: `there are ${KEYS_MAX} keys`, todo: 'Revoke some first.' });
    }
    const createdAt = rfc3339(wallMs);
    this.#database
      .prepare('INSERT INTO server_key VALUES (?, ?, ?, ?, ?)')
      .run(id, owner, role, hashOf(key), createdAt);
    return { id, owner, role, createdAt, key };
  }
}

/** Where the administrator's key of a server on this machine is. */
export function adminKeyPath(stateDir: string): string {
  return join(stateDir, ADMIN_KEY_FILE);
}

function idOf(key: string): string | null {
  const own = /^lck_([0-9A-HJKMNP-TV-Z]{26})_[\w-]{43}$/.exec(key)?.[1];
  if (own !== undefined) return own;
  // Such a key has no id in it: half of its hash is one.
  return /^otk_[0-9a-f]{32}$/.test(key) ? `otk-${hashOf(key).toString('hex').slice(0, 32)}` : null;
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function viewOf(row: Record<string, unknown>): KeyView {
  const {
    id,
    owner,
    role,
    created_at: createdAt,
  } = row as { id: string; owner: string; role: Role; created_at: string };
  return { id, owner, role, createdAt };
}
