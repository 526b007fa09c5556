// Where a command writes. stdout carries the result and nothing else: text for people, or JSON with --json. Messages
// and progress go to stderr. Colour only on a terminal, and never with NO_COLOR (https://no-color.org) or TERM=dumb.
import { styleText } from 'node:util';

export type Format = 'people' | 'json';
type Style = Parameters<typeof styleText>[0];

export interface Output {
  readonly format: Format;
  /** stderr is a terminal: progress may redraw its line. */
  readonly interactive: boolean;
  /** Width of the terminal, at most 120; 80 where there is none. */
  readonly columns: number;
  /** The result: `value` as one JSON line, or the text that `render` makes of it. */
  result(value: unknown, render: () => string): void;
  /** A message on stderr, ended with a line feed. */
  note(text: string): void;
  /** Bytes on stderr as they are, for a progress line. */
  draw(text: string): void;
  /** `text` in a style for stdout, or as it is where colour is not wanted. */
  paint(style: Style, text: string): string;
}

export interface Streams {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const COLUMNS_MAX = 120;
const COLUMNS_DEFAULT = 80;

export function createOutput(format: Format, streams: Streams): Output {
  const { stdout, stderr, environment } = streams;
  const isDumb = environment['TERM'] === 'dumb';
  const colour = stdout.isTTY === true && !environment['NO_COLOR'] && !isDumb && format === 'people';
  return {
    format,
    interactive: stderr.isTTY === true && !isDumb,
    // A terminal that nobody gave a size (in some containers and CI) says 0.
    columns: Math.min(stdout.columns || stderr.columns || COLUMNS_DEFAULT, COLUMNS_MAX),
    result(value, render) {
      stdout.write(format === 'json' ? `${JSON.stringify(value)}\n` : `${render()}\n`);
    },
    note: (text) => void stderr.write(`${text}\n`),
    draw: (text) => void stderr.write(text),
    paint: (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text),
  };
}
