// The timeline of one run as an SVG picture: bars of what ended when, a line of what was in flight, and marks of what
// happened. No script, no font, nothing from elsewhere.
import { escapeMarkup } from './markup.ts';
import type { RunReport, Slice } from './report.ts';

const WIDTH = 960;
const HEIGHT = 260;
const LEFT = 44;
const RIGHT = 16;
const TOP = 12;
const PLOT_HEIGHT = 190;
const COLOURS = {
  finished: '#2e8b57',
  dropped: '#c62828',
  refused: '#e0a100',
  inFlight: '#1f5fbf',
  mark: '#555',
} as const;

export function timelineSvg(run: RunReport): string {
  const { slices, sliceMs } = run;
  if (slices.length === 0) return '';
  const fromMs = slices[0]!.atMs;
  const toMs = fromMs + slices.length * sliceMs;
  const x = (atMs: number): number => round(LEFT + ((atMs - fromMs) / (toMs - fromMs)) * (WIDTH - LEFT - RIGHT));
  const most = Math.max(1, ...slices.map((it) => Math.max(it.finished + it.dropped + it.refused, it.inFlight)));
  const height = (number: number): number => round((number / most) * PLOT_HEIGHT);
  const bars = slices.flatMap((slice) => barsOf(slice, x(slice.atMs), x(slice.atMs + sliceMs), height));
  const line = slices.map((slice) => `${x(slice.atMs)},${round(TOP + PLOT_HEIGHT - height(slice.inFlight))}`).join(' ');
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Requests over time, from the signal">`,
    ...grid(most, height),
    ...bars,
    `<polyline points="${line}" fill="none" stroke="${COLOURS.inFlight}" stroke-width="1.5"/>`,
    ...axis(fromMs, toMs, x),
    ...marks(run, x, toMs),
    '</svg>',
  ].join('\n');
}

function barsOf(slice: Slice, from: number, to: number, height: (n: number) => number): string[] {
  let bottom = TOP + PLOT_HEIGHT;
  return (['finished', 'refused', 'dropped'] as const).flatMap((kind) => {
    if (slice[kind] === 0) return [];
    bottom = round(bottom - height(slice[kind]));
    const title = `<title>${slice.atMs} ms: ${slice[kind]} ${kind}</title>`;
    return [
      `<rect x="${from}" y="${bottom}" width="${Math.max(1, round(to - from - 1))}" height="${height(slice[kind])}" fill="${COLOURS[kind]}">${title}</rect>`,
    ];
  });
}

function grid(most: number, height: (n: number) => number): string[] {
  return [0, Math.ceil(most / 2), most].map((number) => {
    const y = round(TOP + PLOT_HEIGHT - height(number));
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" stroke="#8884"/><text x="${LEFT - 6}" y="${y + 4}" text-anchor="end">${number}</text>`;
  });
}

function axis(fromMs: number, toMs: number, x: (atMs: number) => number): string[] {
  const stepMs = niceStep((toMs - fromMs) / 8);
  const ticks: string[] = [];
  for (let atMs = Math.ceil(fromMs / stepMs) * stepMs; atMs <= toMs; atMs += stepMs) {
    ticks.push(
      `<text x="${x(atMs)}" y="${TOP + PLOT_HEIGHT + 16}" text-anchor="middle">${round(atMs / 1_000)} s</text>`,
    );
  }
  return ticks;
}

/** Marks from the signal on; what is close together goes to different heights. */
function marks(run: RunReport, x: (atMs: number) => number, toMs: number): string[] {
  const after = run.timeline.filter(({ atMs }) => atMs >= 0 && atMs <= toMs);
  return after.map(({ atMs, what }, index) => {
    const y = TOP + 10 + (index % 5) * 14;
    const at = x(atMs);
    const isRight = at > WIDTH * 0.75;
    return `<line x1="${at}" x2="${at}" y1="${TOP}" y2="${TOP + PLOT_HEIGHT}" stroke="${COLOURS.mark}" stroke-dasharray="3 3"/><text x="${at + (isRight ? -4 : 4)}" y="${y}" text-anchor="${isRight ? 'end' : 'start'}">${escapeMarkup(what)}</text>`;
  });
}

function niceStep(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, ms)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= ms) ?? 10 * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** What the colours mean, for the page. */
export const LEGEND: readonly { readonly name: string; readonly colour: string }[] = [
  { name: 'finished', colour: COLOURS.finished },
  { name: 'refused', colour: COLOURS.refused },
  { name: 'dropped', colour: COLOURS.dropped },
  { name: 'in flight', colour: COLOURS.inFlight },
];
