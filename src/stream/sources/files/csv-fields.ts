// Fields of CSV rows as the types that a program declares. A field that is not of its type makes its row a bad record.

type FieldKind = 'string' | 'number' | 'bigint' | 'boolean' | 'time';

/**
 * Type of a column; with `?` an empty field is null, without it only strings may be empty.
 * - `number`: finite; `bigint`: whole
 * - `boolean`: `true`, `false`, `1`, `0` in any case
 * - `time`: ISO 8601 such as `2001-02-03` or `2001-02-03T04:05:06.789+01:00`, as milliseconds since 1970; UTC without zone
 */
export type CsvType = FieldKind | `${FieldKind}?`;

interface ValueOfKind {
  string: string;
  number: number;
  bigint: bigint;
  boolean: boolean;
  time: number;
}

/** Rows of columns that were declared with their types. */
export type CsvRow<Columns extends Readonly<Record<string, CsvType>>> = {
  [Name in keyof Columns]: Columns[Name] extends `${infer Kind extends FieldKind}?`
    ? ValueOfKind[Kind] | null
    : Columns[Name] extends FieldKind
      ? ValueOfKind[Columns[Name]]
      : never;
};

const ISO_TIME = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** @throws Error that says what the field is instead */
export function fieldValue(name: string, type: CsvType, text: string): unknown {
  if (text === '' && type.endsWith('?')) return null;
  const value = convert(type.replace('?', '') as FieldKind, text);
  if (value === undefined) throw new Error(`${name} is ${JSON.stringify(text)}, not a ${type}`);
  return value;
}

/** undefined: the text is not of this kind. */
function convert(kind: FieldKind, text: string): unknown {
  switch (kind) {
    case 'string':
      return text;
    case 'number': {
      const number = text.trim() === '' ? Number.NaN : Number(text);
      return Number.isFinite(number) ? number : undefined;
    }
    case 'bigint':
      return /^\s*[+-]?\d+\s*$/.test(text) ? BigInt(text) : undefined;
    case 'boolean':
      if (/^(?:true|1)$/i.test(text)) return true;
      return /^(?:false|0)$/i.test(text) ? false : undefined;
    case 'time':
      return isoTime(text);
  }
}

function isoTime(text: string): number | undefined {
  const match = ISO_TIME.exec(text);
  if (!match) return undefined;
  // Without a zone Date.parse takes the machine's, and the same file would mean other times elsewhere.
  const zoned = match[1] === undefined && text.length > 10 ? `${text}Z` : text;
  const time = Date.parse(zoned.replace(' ', 'T'));
  return Number.isNaN(time) ? undefined : time;
}
