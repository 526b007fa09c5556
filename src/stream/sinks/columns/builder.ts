// Collects outputs by column as they come, numbers without boxing: the cheapest way to keep them until the commit.
import { isNumberOf, storedValues, type Field, type StoredValue } from '../fields.ts';
import type { ColumnValues } from './layout.ts';

const ROWS_AT_FIRST = 1_024;

interface Collected {
  /** Numbers while no null came; else null, and `values` has all. */
  numbers: Float64Array | null;
  values: StoredValue[];
}

export class ColumnBuilder {
  readonly #on: string;
  readonly #fields: readonly Field[];
  readonly #columns: Collected[];
  #rows = 0;

  /** @param on the sink, for people */
  constructor(on: string, fields: readonly Field[]) {
    this.#on = on;
    this.#fields = fields;
    this.#columns = fields.map(() => ({ numbers: new Float64Array(ROWS_AT_FIRST), values: [] }));
  }

  get rows(): number {
    return this.#rows;
  }

  /** @throws LastcallError `failed` if the output does not fit the fields; nothing is then added */
  add(output: object): void {
    if (!this.#addNumbers(output)) this.#addAny(storedValues(this.#on, this.#fields, output));
    this.#rows++;
  }

  columns(): ColumnValues[] {
    return this.#fields.map(({ name, type }, index) => {
      const { numbers, values } = this.#columns[index]!;
      return { name, type: type!, values: numbers ?? values };
    });
  }

  clear(): void {
    this.#rows = 0;
    for (const [index, { type }] of this.#fields.entries()) {
      const column = this.#columns[index]!;
      column.values = [];
      column.numbers ??= isNumeric(type) ? new Float64Array(ROWS_AT_FIRST) : null;
    }
  }

  /** The usual case: numbers only, in the order of the fields. What it wrote before it gave up is overwritten. */
  #addNumbers(output: object): boolean {
    const row = this.#rows;
    let index = 0;
    for (const name in output) {
      const field = this.#fields[index];
      if (field === undefined || field.name !== name) return false;
      const value = (output as Record<string, unknown>)[name];
      const column = this.#columns[index++]!;
      if (typeof value !== 'number' || !isNumberOf(field.type, value) || !column.numbers) return false;
      if (row === column.numbers.length) column.numbers = grown(column.numbers);
      column.numbers[row] = value;
    }
    return index === this.#fields.length;
  }

  #addAny(values: readonly StoredValue[]): void {
    for (const [index, value] of values.entries()) {
      const column = this.#columns[index]!;
      if (column.numbers && typeof value === 'number' && isNumeric(this.#fields[index]!.type)) {
        if (this.#rows === column.numbers.length) column.numbers = grown(column.numbers);
        column.numbers[this.#rows] = value;
        continue;
      }
      if (column.numbers) {
        column.values = Array.from(column.numbers.subarray(0, this.#rows));
        column.numbers = null;
      }
      column.values.push(value);
    }
  }
}

function isNumeric(type: Field['type']): boolean {
  return type === 'number' || type === 'real' || type === 'integer';
}

function grown(numbers: Float64Array): Float64Array {
  const larger = new Float64Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
