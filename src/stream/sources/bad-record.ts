// A record that could not be read as one: a broken line, a row with too few fields. It takes its place in the batch, so
// that positions stay right, and the engine treats it as it treats a record whose step throws: stop, or dead letter.

/** Characters of the raw text that are kept. */
const RAW_LENGTH_MAX = 64 * 1024;

export class BadRecord {
  /** What is wrong, a clause without a full stop. */
  readonly reason: string;
  /** The text as it was read, cut at 64 Ki characters. */
  readonly raw: string;
  /** Where a person finds it: `events.jsonl, byte 1234`. */
  readonly at: string;

  constructor(reason: string, raw: string, at: string) {
    this.reason = reason;
    this.raw = raw.length > RAW_LENGTH_MAX ? raw.slice(0, RAW_LENGTH_MAX) : raw;
    this.at = at;
  }
}
