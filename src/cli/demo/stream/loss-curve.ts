// The loss curve as an SVG picture: one line for the model, one for the baseline, and a mark at each interruption.
import type { CurvePoint } from './scoreboard.ts';

export interface CurveMark {
  readonly records: number;
  readonly label: string;
}

const WIDTH = 960;
const HEIGHT = 420;
const LEFT = 64;
const RIGHT = 24;
const TOP = 56;
const BOTTOM = 48;

/** @param points at least one */
export function renderLossCurve(points: readonly CurvePoint[], marks: readonly CurveMark[], title: string): string {
  const last = points.at(-1)!.records;
  const values = points.flatMap(({ model, baseline }) => [model, baseline]);
  const low = Math.floor(Math.min(...values) * 20) / 20;
  const high = Math.ceil(Math.max(...values) * 20) / 20 || 1;
  const x = (records: number): number => LEFT + (records / last) * (WIDTH - LEFT - RIGHT);
  const y = (loss: number): number => TOP + ((high - loss) / Math.max(0.05, high - low)) * (HEIGHT - TOP - BOTTOM);
  const line = (pick: (point: CurvePoint) => number): string =>
    points.map((point) => `${x(point.records).toFixed(1)},${y(pick(point)).toFixed(1)}`).join(' ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="24" font-size="16">${escape(title)}</text>
${gridLines(low, high)
  .map((loss) => grid(loss, y(loss)))
  .join('\n')}
${marks.map(({ records, label }) => mark(x(records), label)).join('\n')}
<polyline fill="none" stroke="#9a9a9a" stroke-width="2" points="${line(({ baseline }) => baseline)}"/>
<polyline fill="none" stroke="#0b62c4" stroke-width="2" points="${line(({ model }) => model)}"/>
<text x="${WIDTH / 2}" y="${HEIGHT - 14}" text-anchor="middle">log loss: <tspan fill="#0b62c4">model</tspan>, <tspan fill="#7a7a7a">running base rate</tspan></text>
<text x="${LEFT}" y="${HEIGHT - 14}">0</text>
<text x="${WIDTH - RIGHT}" y="${HEIGHT - 14}" text-anchor="end">${last.toLocaleString('en-US')} flights</text>
</svg>
`;
}

function gridLines(low: number, high: number): number[] {
  const step = high - low > 0.4 ? 0.1 : 0.05;
  const count = Math.round((high - low) / step);
  return Array.from({ length: count + 1 }, (_, index) => low + index * step);
}

function grid(loss: number, y: number): string {
  return `<path d="M${LEFT} ${y.toFixed(1)}H${WIDTH - RIGHT}" stroke="#e4e4e4"/><text x="${LEFT - 8}" y="${(y + 4).toFixed(1)}" text-anchor="end">${loss.toFixed(2)}</text>`;
}

function mark(x: number, label: string): string {
  return `<path d="M${x.toFixed(1)} ${TOP}V${HEIGHT - BOTTOM}" stroke="#d1495b" stroke-dasharray="3 4"/><text x="${x.toFixed(1)}" y="${TOP - 6}" text-anchor="middle" fill="#d1495b" font-size="11">${escape(label)}</text>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
