// A stream of server-sent events on its way to a client. Whole events pass at once; the beginning of one waits until its
// end has come, so that a stream can be cut between two events and end with one that says why: an EventSource would take
// half an event, ended by the blank line of the next, for a whole one.

const LF = 0x0a;
const CR = 0x0d;

/** An event that is longer than this passes in pieces; a stream that is cut within it is reset. */
export const EVENT_BYTES_MAX = 256 * 1024;

export class EventStreamGuard {
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** In the middle of an event that was too long to wait for. */
  #within = false;

  /** What may be passed on now; null if nothing. */
  take(chunk: Buffer): Buffer | null {
    const end = endOfEvents(chunk, this.#held.at(-1));
    if (end === 0) {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      if (this.#heldBytes <= EVENT_BYTES_MAX) return null;
      this.#within = true;
      return this.flush();
    }
    this.#within = false;
    const whole = end === chunk.length ? chunk : chunk.subarray(0, end);
    const passed = this.#held.length === 0 ? whole : Buffer.concat([...this.#held, whole]);
    const rest = chunk.subarray(end);
    this.#held = rest.length > 0 ? [rest] : [];
    this.#heldBytes = rest.length;
    return passed;
  }

  /** The rest, when the stream has come to its own end. */
  flush(): Buffer | null {
    if (this.#held.length === 0) return null;
    const rest = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return rest;
  }

  /** The last event of a stream that is cut; null if it cannot be told in this stream. */
  terminal(problem: object): Buffer | null {
    this.#held = [];
    this.#heldBytes = 0;
    return this.#within ? null : Buffer.from(`event: error\ndata: ${JSON.stringify(problem)}\n\n`);
  }
}

/** Where the last event of `chunk` ends: after a blank line, whose line ends are LF, CR LF or CR; 0 if none ends in it. */
function endOfEvents(chunk: Buffer, before: Buffer | undefined): number {
  for (let index = chunk.length - 1; index >= 0; index--) {
    const byte = chunk[index]!;
    if (byte !== LF && byte !== CR) continue;
    const earlier = (back: number) => (index >= back ? chunk[index - back] : before?.at(index - back));
    const previous = earlier(1);
    if (byte === LF) {
      if (previous === LF) return index + 1;
      // CR LF CR LF, and LF CR LF of whoever mixes them.
      if (previous === CR && (earlier(2) === LF || earlier(2) === CR)) return index + 1;
    } else if (previous === CR) {
      // A LF that belongs to this CR may come with the next chunk, and is then a blank line of its own, which says nothing.
      return index + 1;
    }
  }
  return 0;
}
