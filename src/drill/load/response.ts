// Reads HTTP/1.1 answers off a connection, any number after each other (RFC 9112). Written here because the drill has to
// know what no client library tells: whether the last answer was whole at the very byte at which a connection ended.

/** Heads and lines longer than this are no HTTP that anybody means. */
const HEAD_BYTES_MAX = 64 * 1024;

export interface Head {
  readonly status: number;
  /** Lower-case names; the last of several wins. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a parser of answers tells. */
export interface AnswerEvents {
  head(head: Head): void;
  /** The answer is whole. */
  end(keepsOpen: boolean): void;
}

export interface AnswerParser {
  /** @throws Error for what is no answer */
  feed(bytes: Buffer): void;
  /** The other side has sent all that it will. */
  close(): void;
}

type State = 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'until-close';

/** @param methodOf the request that the next answer belongs to: an answer to HEAD has no body */
export class HttpParser implements AnswerParser {
  #state: State = 'head';
  #rest: Buffer = Buffer.alloc(0);
  #left = 0;
  #keepsOpen = true;
  readonly #events: AnswerEvents;
  readonly #methodOf: () => string;

  constructor(events: AnswerEvents, methodOf: () => string) {
    this.#events = events;
    this.#methodOf = methodOf;
  }

  feed(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length > 0 && this.#step());
    if (this.#rest.length > HEAD_BYTES_MAX) throw new Error('a line that never ends');
  }

  close(): void {
    if (this.#state === 'until-close') this.#finish();
  }

  /** Whether there may be more to read in what has come. */
  #step(): boolean {
    switch (this.#state) {
      case 'head':
        return this.#readHead();
      case 'length':
      case 'chunk':
        return this.#skipBody();
      case 'until-close':
        this.#rest = Buffer.alloc(0);
        return false;
      default:
        return this.#readLine();
    }
  }

  #readHead(): boolean {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end === -1) {
      const start = this.#rest.subarray(0, 5).toString('latin1');
      if (!'HTTP/'.startsWith(start)) throw new Error(`no HTTP: ${JSON.stringify(start)}`);
      return false;
    }
    const head = readHead(this.#rest.subarray(0, end).toString('latin1'));
    this.#rest = this.#rest.subarray(end + 4);
    // 100 and 103 come before the answer; 101 is one.
    if (head.status < 200 && head.status !== 101) return true;
    this.#keepsOpen = !/\bclose\b/i.test(head.headers['connection'] ?? '');
    this.#events.head(head);
    this.#beginBody(head);
    return true;
  }

  #beginBody({ status, headers }: Head): void {
    const length = headers['content-length'];
    if (this.#methodOf() === 'HEAD' || status === 204 || status === 304 || status === 101) this.#finish();
    else if (/chunked/i.test(headers['transfer-encoding'] ?? '')) this.#state = 'chunk-size';
    else if (length === undefined) this.#state = 'until-close';
    else if (!/^\d+$/.test(length)) throw new Error(`no length: ${length}`);
    else if (Number(length) === 0) this.#finish();
    else {
      this.#left = Number(length);
      this.#state = 'length';
    }
  }

  #skipBody(): boolean {
    const taken = Math.min(this.#left, this.#rest.length);
    this.#rest = this.#rest.subarray(taken);
    this.#left -= taken;
    if (this.#left > 0) return false;
    if (this.#state === 'chunk') this.#state = 'chunk-end';
    else this.#finish();
    return true;
  }

  #readLine(): boolean {
    const end = this.#rest.indexOf('\r\n');
    if (end === -1) return false;
    const line = this.#rest.subarray(0, end).toString('latin1');
    this.#rest = this.#rest.subarray(end + 2);
    if (this.#state === 'chunk-end') {
      if (line !== '') throw new Error('a chunk that is longer than it said');
      this.#state = 'chunk-size';
    } else if (this.#state === 'chunk-size') {
      const size = /^([0-9a-fA-F]{1,12})\s*(;.*)?$/.exec(line)?.[1];
      if (size === undefined) throw new Error(`no size of a chunk: ${line.slice(0, 40)}`);
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? 'trailer' : 'chunk';
    } else if (line === '') this.#finish();
    return true;
  }

  #finish(): void {
    const isClosed = this.#state === 'until-close';
    this.#state = 'head';
    this.#events.end(this.#keepsOpen && !isClosed);
  }
}

function readHead(text: string): Head {
  const [first, ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first ?? '')?.[1];
  if (status === undefined) throw new Error(`no HTTP: ${JSON.stringify((first ?? '').slice(0, 40))}`);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`no header: ${JSON.stringify(line.slice(0, 40))}`);
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  // HTTP/1.0 closes unless it says otherwise.
  if (first!.startsWith('HTTP/1.0') && !/keep-alive/i.test(headers['connection'] ?? ''))
    headers['connection'] = 'close';
  return { status: Number(status), headers };
}

/** Answers of servers that do not speak HTTP: a line each. */
export class LineParser implements AnswerParser {
  readonly #events: AnswerEvents;
  #length = 0;

  constructor(events: AnswerEvents) {
    this.#events = events;
  }

  feed(bytes: Buffer): void {
    for (const byte of bytes) {
      if (this.#length++ === 0) this.#events.head({ status: 200, headers: {} });
      if (byte !== 10) continue;
      this.#length = 0;
      this.#events.end(true);
    }
  }

  close(): void {}
}
