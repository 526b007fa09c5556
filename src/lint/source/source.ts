// One text that was read, and the places in it. Offsets count UTF-16 units as JavaScript does; lines and columns are
// counted from 1, as editors and SARIF do.

/** A place in a source: what a finding points at. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

export class Source {
  readonly path: string;
  /** The text without a byte order mark. */
  readonly text: string;
  /** What was read can be written again byte for byte: false for UTF-16, and for bytes that are no UTF-8. */
  readonly isFaithful: boolean;
  /** The file began with a byte order mark, which `text` does not have. */
  readonly hadMark: boolean;
  #lineStarts: number[] | undefined;

  constructor(path: string, text: string, isFaithful = true) {
    this.path = path;
    this.hadMark = text.charCodeAt(0) === 0xfeff;
    this.text = this.hadMark ? text.slice(1) : text;
    this.isFaithful = isFaithful;
  }

  span(start: number, end: number): Span {
    const from = Math.max(0, Math.min(start, this.text.length));
    return { source: this, start: from, end: Math.max(from, Math.min(end, this.text.length)) };
  }

  position(offset: number): Position {
    const starts = this.#starts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  }

  /** Offset of the first character of a line, counted from 1; the end of the text beyond the last. */
  lineStart(line: number): number {
    return this.#starts()[line - 1] ?? this.text.length;
  }

  /** A line without its line feed. */
  line(line: number): string {
    return this.text.slice(this.lineStart(line), this.lineStart(line + 1)).replace(/\r?\n$/, '');
  }

  get lineCount(): number {
    return this.#starts().length;
  }

  #starts(): number[] {
    if (this.#lineStarts) return this.#lineStarts;
    const starts = [0];
    for (let at = this.text.indexOf('\n'); at !== -1; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#lineStarts = starts;
    return starts;
  }
}
