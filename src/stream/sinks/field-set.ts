// The fields of one sink across its life: declared, or inferred from the first outputs, and for good once an epoch with
// them is committed. Stored in the registry, so that a restart checks against the same.
import type { DatabaseSync } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import { LastcallError } from '../../base/errors.ts';
import { checkFieldNames, inferFields, requireTypes, type Field, type FieldType } from './fields.ts';
import { register, registered } from './registry.ts';

/** Declared columns: types by field name. */
export type DeclaredFields = Readonly<Record<string, FieldType>>;

export class FieldSet {
  /** The sink, for people. */
  readonly on: string;
  readonly #identity: string;
  readonly #declared: readonly Field[] | null;
  #fields: Field[] | null;
  /** Not stored, stored by a transaction that may yet be rolled back, or for good. */
  #stored: 'no' | 'uncommitted' | 'yes' = 'no';

  /** @throws LastcallError `failed` for names that cannot be */
  constructor(identity: string, on: string, declared: DeclaredFields | null) {
    this.on = on;
    this.#identity = identity;
    this.#declared = declared && Object.entries(declared).map(([name, type]) => ({ name, type }));
    if (this.#declared)
      checkFieldNames(
        on,
        this.#declared.map(({ name }) => name),
      );
    this.#fields = copy(this.#declared);
  }

  /** null: not known before the first output. */
  get known(): Field[] | null {
    return this.#fields;
  }

  /** Whether the registry had them at the start. @throws LastcallError `state_refused` if others are declared now */
  recover(database: DatabaseSync): boolean {
    const stored = registered(database, this.#identity) as [string, FieldType][] | null;
    if (stored === null) return false;
    if (this.#declared && JSON.stringify(pairs(this.#declared)) !== JSON.stringify(stored)) {
      throw new LastcallError('state_refused', {
        what: `its columns are ${stored.map((pair) => pair.join(' ')).join(', ')}, others were declared`,
        on: this.on,
        todo: 'Declare the same columns, or use another name.',
      });
    }
    this.#fields = stored.map(([name, type]) => ({ name, type }));
    this.#stored = 'yes';
    return true;
  }

  /** Fields as an output has them, for when none are known. They count when it was taken: `adopt`. */
  infer(output: object): Field[] {
    return inferFields(this.on, output);
  }

  adopt(fields: Field[]): void {
    this.#fields = fields;
  }

  /** Within the transaction of an epoch: stores the fields if they are new, and says so. */
  store(database: DatabaseSync): 'new' | 'known' {
    if (this.#stored !== 'no') return 'known';
    assert(this.#fields, 'fields are stored when there are outputs');
    requireTypes(this.on, this.#fields);
    register(database, this.#identity, pairs(this.#fields));
    this.#stored = 'uncommitted';
    return 'new';
  }

  committed(): void {
    if (this.#stored === 'uncommitted') this.#stored = 'yes';
  }

  /** The epoch was rolled back. Says whether the fields are open again. */
  rolledBack(): boolean {
    if (this.#stored === 'yes') return false;
    this.#stored = 'no';
    this.#fields = copy(this.#declared);
    return true;
  }
}

function pairs(fields: readonly Field[]): [string, FieldType | null][] {
  return fields.map(({ name, type }) => [name, type]);
}

function copy(fields: readonly Field[] | null): Field[] | null {
  return fields?.map((field) => ({ ...field })) ?? null;
}
