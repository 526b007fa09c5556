// Cuts the bytes of one file into records, however they arrive: the same records at the same offsets whatever the pieces
// were. A record beyond the length bound, or one that never ends, counts as a bad one up to the end of its first line,
// so that a stray quote costs one line and not the rest of the file.
import { BadRecord } from '../bad-record.ts';
import type { FileBytes } from './bytes.ts';
import { placeIn, type FileFormat, type RawRecord } from './format.ts';

const NEWLINE = 0x0a;
/** Bytes of an overlong record that are kept for people. */
const KEPT_BYTES = 64 * 1024;

export interface Cut {
  /** Records in order, raw or already known to be bad. */
  readonly records: (RawRecord | BadRecord)[];
  /** Offset after each of them. */
  readonly ends: number[];
}

export class FileCursor {
  readonly #bytes: FileBytes;
  readonly #format: FileFormat;
  readonly #name: string;
  readonly #recordBytesMax: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** Start of the record at hand, in the buffer. */
  #from = 0;
  /** Offset of the buffer's first byte in the file. */
  #base: number;
  /** Within an overlong line: its first bytes. */
  #overlong: Buffer | null = null;
  #overlongAt = 0;

  /** @param offset where a record starts @param name of the file, for people */
  constructor(bytes: FileBytes, format: FileFormat, place: { name: string; offset: number }, recordBytesMax: number) {
    this.#bytes = bytes;
    this.#format = format;
    this.#name = place.name;
    this.#base = place.offset;
    this.#recordBytesMax = recordBytesMax;
  }

  get bytes(): FileBytes {
    return this.#bytes;
  }

  /** Offset of the record at hand. */
  get offset(): number {
    return this.#overlong ? this.#overlongAt : this.#base + this.#from;
  }

  /** Offset up to which the file was read. */
  get readTo(): number {
    return this.#base + this.#buffer.length;
  }

  /** Reads more; false at the end of the file. */
  async fill(): Promise<boolean> {
    const piece = await this.#bytes.next();
    if (!piece) return false;
    this.#base += this.#from;
    const rest = this.#buffer.subarray(this.#from);
    this.#buffer = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    this.#from = 0;
    return true;
  }

  /** At most `count` records of what was read. @param isLast nothing will follow what was read */
  cut(count: number, isLast: boolean): Cut {
    const cut: Cut = { records: [], ends: [] };
    while (cut.records.length < count && (this.#from < this.#buffer.length || (isLast && this.#overlong))) {
      const record = this.#next(isLast);
      if (record === null) break;
      cut.records.push(record);
      cut.ends.push(this.#base + this.#from);
    }
    return cut;
  }

  /** null: the record at hand does not end in what was read. */
  #next(isLast: boolean): RawRecord | BadRecord | null {
    if (this.#overlong) return this.#endOverlong(isLast);
    const to = this.#buffer.length;
    const end = this.#format.endOf(this.#buffer, this.#from, to, isLast);
    const length = (end < 0 ? to : end) - this.#from;
    if (end >= 0 && length <= this.#recordBytesMax) {
      const record = { bytes: this.#buffer.subarray(this.#from, end), offset: this.#base + this.#from };
      this.#from = end;
      return record;
    }
    if (length <= this.#recordBytesMax && !isLast) return null;
    // No more than is there in any case, or what is kept would depend on the pieces.
    const kept = Math.min(KEPT_BYTES, this.#recordBytesMax);
    this.#overlong = Buffer.from(this.#buffer.subarray(this.#from, this.#from + kept));
    this.#overlongAt = this.#base + this.#from;
    return this.#endOverlong(isLast);
  }

  #endOverlong(isLast: boolean): BadRecord | null {
    const newline = this.#buffer.indexOf(NEWLINE, this.#from);
    if (newline < 0 && !isLast) {
      this.#from = this.#buffer.length; // what was read of it need not be kept
      return null;
    }
    this.#from = newline < 0 ? this.#buffer.length : newline + 1;
    const kept = this.#overlong!.toString('utf8');
    this.#overlong = null;
    const line = kept.indexOf('\n');
    const length = this.#base + this.#from - this.#overlongAt;
    const reason =
      length > this.#recordBytesMax
        ? `a line of ${length} bytes, of which at most ${this.#recordBytesMax} are taken`
        : `a record that does not end within ${this.#recordBytesMax} bytes`;
    return new BadRecord(reason, line < 0 ? kept : kept.slice(0, line), placeIn(this.#name, this.#overlongAt));
  }
}
