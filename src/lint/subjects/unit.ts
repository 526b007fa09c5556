// A systemd service with its drop-ins, as systemd would put it together.
import type { Source, Span } from '../source/source.ts';

export interface Setting {
  readonly value: string;
  readonly span: Span;
  readonly keySpan: Span;
}

export interface Unit {
  readonly source: Source;
  /** `web.service`. */
  readonly name: string;
  /** Where `[Service]` stands. */
  readonly sectionSpan: Span;
  /** Values of a setting of [Service]; an empty assignment has emptied what was before it. */
  all(name: string): readonly Setting[];
  /** The last value of a setting of [Service]. */
  last(name: string): Setting | undefined;
}
