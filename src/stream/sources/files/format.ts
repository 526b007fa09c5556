// What a kind of text file is to the reader of files: where a record ends, and what it says.

/** The bytes of one record with its line end, and their offset in the uncompressed file. */
export interface RawRecord {
  readonly bytes: Buffer;
  readonly offset: number;
}

/** A piece of a file that is no record: a blank line, a header. */
export const skip = Symbol('skip');

/** Reads the records of one file. */
export interface FileFormat {
  /**
   * Index after the record that starts at `from`, its line end included; -1 if it does not end before `to`.
   * @param isLast the file ends at `to`
   */
  endOf(bytes: Buffer, from: number, to: number, isLast: boolean): number;
  /** For each record its row, a `BadRecord`, or `skip`. @param file its name, for people */
  decode(records: readonly RawRecord[], file: string): unknown[];
}

/** Index after the line that starts at `from`. */
export function endOfLine(bytes: Buffer, from: number, to: number, isLast: boolean): number {
  const newline = bytes.indexOf(0x0a, from);
  if (newline >= 0 && newline < to) return newline + 1;
  return isLast ? to : -1;
}

/** Where in a file, for people. */
export function placeIn(file: string, offset: number): string {
  return `${file}, byte ${offset}`;
}

const BOM = [0xef, 0xbb, 0xbf];

/** The bytes without the byte order mark that a file may start with. */
export function withoutBom({ bytes, offset }: RawRecord): Buffer {
  return offset === 0 && BOM.every((byte, index) => bytes[index] === byte) ? bytes.subarray(3) : bytes;
}

export function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0x0a && byte !== 0x0d && byte !== 0x20 && byte !== 0x09) return false;
  return true;
}
