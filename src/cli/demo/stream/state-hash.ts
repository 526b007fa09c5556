// SHA-256 of what a pipeline remembers, read from its database from outside: equal hashes are equal bits.
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

export interface StateHash {
  /** Of the models alone. */
  readonly model: string;
  /** Of the models, the keyed state and the state of the random generator. */
  readonly all: string;
}

export function hashState(path: string): StateHash {
  const model = createHash('sha256');
  const all = createHash('sha256');
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const pieces = database
      .prepare('SELECT name, key, value FROM lastcall_piece JOIN lastcall_slot USING (slot) ORDER BY name, key')
      .iterate();
    for (const { name, key, value } of pieces) {
      const head = `${String(name)}\0${typeof key === 'string' ? key : Buffer.from(key as Uint8Array).toString('hex')}\0`;
      for (const hash of String(name).startsWith('model.') ? [model, all] : [all]) {
        hash.update(head).update(value as Uint8Array);
      }
    }
  } finally {
    database.close();
  }
  return { model: model.digest('hex'), all: all.digest('hex') };
}
