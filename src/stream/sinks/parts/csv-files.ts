// Parts in CSV (RFC 4180, with \n as line end), each with a header.
import type { DatabaseSync } from 'node:sqlite';
import type { OptionNames } from '../../../base/given.ts';
import type { Sink } from '../../ports.ts';
import { FieldSet, type DeclaredFields } from '../field-set.ts';
import { putValues, type FieldType, type StoredValue } from '../fields.ts';
import { OpenParts, PART_OPTIONS, partRules, type PartFormat, type PartOptions } from './parts.ts';

export interface CsvFilesOptions<Output> extends PartOptions {
  /** Columns and their types. Default: taken from the first outputs; declare them if some are null at first. */
  columns?: { readonly [Name in keyof Output]-?: FieldType };
}

const OPTIONS: OptionNames<CsvFilesOptions<never>> = { ...PART_OPTIONS, columns: true };

/**
 * Outputs as rows in `part-00000001.csv`, …; the part that is being written is named `….csv.open`. Null is an empty
 * field, an empty text `""`, a boolean `true` or `false`, bytes are base64, arrays and objects JSON.
 * @param directory created (0700) if it is not there; of this pipeline alone
 * @throws LastcallError `usage`
 */
export function csvFiles<Output extends object>(
  directory: string,
  options: CsvFilesOptions<Output> = {},
): Sink<Output> {
  const rules = partRules('csvFiles', directory, options, OPTIONS);
  const identity = `csv-files:${options.name ?? directory}`;
  const declared = (options.columns as DeclaredFields | undefined) ?? null;
  const fields = (): FieldSet => new FieldSet(identity, directory, declared);
  fields(); // refuses wrong declarations here, where they are written
  return {
    kind: 'csv-files',
    identity,
    schema: { columns: declared && Object.entries(declared) },
    open: async (context) =>
      new OpenParts<Output>(identity, rules, new CsvPartFormat<Output>(fields(), context.database), context),
  };
}

class CsvPartFormat<Output extends object> implements PartFormat<Output> {
  readonly extension = 'csv';
  readonly #fields: FieldSet;
  readonly #database: DatabaseSync;

  constructor(fields: FieldSet, database: DatabaseSync) {
    this.#fields = fields;
    this.#database = database;
  }

  header(): string {
    return `${(this.#fields.known ?? []).map(({ name }) => text(name)).join(',')}\n`;
  }

  line(output: Output): string {
    const fields = this.#fields.known ?? this.#fields.infer(output);
    const values: StoredValue[] = [];
    putValues(this.#fields.on, fields, output, values, 0);
    this.#fields.adopt(fields);
    return `${values.map((value, index) => cell(value, fields[index]!.type)).join(',')}\n`;
  }

  recover(): void {
    this.#fields.recover(this.#database);
  }

  store(): void {
    this.#fields.store(this.#database);
  }

  committed(): void {
    this.#fields.committed();
  }

  rolledBack(): void {
    this.#fields.rolledBack();
  }
}

function cell(value: StoredValue, type: FieldType | null): string {
  if (value === null) return '';
  if (type === 'boolean') return value === 1 ? 'true' : 'false';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return typeof value === 'string' ? text(value) : String(value);
}

function text(value: string): string {
  return value === '' || /[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
