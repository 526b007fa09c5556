// Progress on stderr: one line that redraws itself on a terminal, a plain line now and then elsewhere.
import { formatMs } from '../base/duration.ts';
import type { Output } from './output.ts';
import { count } from './text.ts';

const BAR_WIDTH = 24;
/** Redrawing more often than this only costs. */
const REDRAW_MS = 100;
/** Without a terminal: a line at most this often. */
const LINE_MS = 2_000;
const CLEAR_LINE = '\r\u001b[2K';

export interface ProgressLine {
  /** Shows `text`, unless something was shown just before. */
  show(this: void, text: string): void;
  /** A line that stays, above the progress. */
  say(this: void, text: string): void;
  /** Removes the progress from the terminal. */
  end(this: void): void;
}

/** @param nowMs monotonic milliseconds */
export function progressLine(output: Output, nowMs: () => number): ProgressLine {
  let shownAtMs = Number.NEGATIVE_INFINITY;
  let isDrawn = false;
  const clear = (): void => {
    if (isDrawn) output.draw(CLEAR_LINE);
    isDrawn = false;
  };
  return {
    show(text) {
      if (nowMs() - shownAtMs < (output.interactive ? REDRAW_MS : LINE_MS)) return;
      shownAtMs = nowMs();
      if (!output.interactive) return output.note(text);
      output.draw(CLEAR_LINE + text.slice(0, output.columns - 1));
      isDrawn = true;
    },
    say(text) {
      clear();
      output.note(text);
    },
    end: clear,
  };
}

/** `[██████▌     ]  54 %  1,620,000 of 3,000,000 records  612,000/s  2.3 s left`; without a total only what is known. */
export function describeProgress(done: number, total: number | null, perSecond: number, of: string): string {
  const rate = `${count(Math.round(perSecond))}/s`;
  if (total === null || total === 0) return `${count(done)} ${of}  ${rate}`;
  const share = Math.min(1, done / total);
  const left = perSecond > 0 && done < total ? `  ${formatMs(((total - done) / perSecond) * 1_000)} left` : '';
  const percent = `${Math.floor(share * 100)}`.padStart(3);
  return `${progressBar(share, BAR_WIDTH)} ${percent} %  ${count(done)} of ${count(total)} ${of}  ${rate}${left}`;
}

/** @param width in characters, without the brackets */
export function progressBar(share: number, width: number): string {
  const eighths = Math.round(share * width * 8);
  const rest = eighths % 8 === 0 ? '' : ' ▏▎▍▌▋▊▉'[eighths % 8]!;
  return `[${('█'.repeat(Math.floor(eighths / 8)) + rest).padEnd(width)}]`;
}
