// The report for people: the verdict in one line, the reasons, a timeline as a picture of characters, what became of the
// requests, and what to do.
import { formatMs } from '../../base/duration.ts';
import type { Output } from '../../cli/output.ts';
import { count, oneLine, table, wrap } from '../../cli/text.ts';
import type { DrillReport, RunReport, Slice } from './report.ts';

type Paper = Pick<Output, 'columns' | 'paint'>;

export function renderDrill(report: DrillReport, paper: Paper): string {
  const worst = report.runs.find((run) => run.measures === report.measures) ?? report.runs[0];
  return [
    headline(report, paper),
    oneLine(report.target),
    ...(report.invalid ? ['', wrap(`${oneLine(report.invalid.what)}. ${report.invalid.todo}`, paper.columns)] : []),
    ...reasons(report, paper),
    ...(worst ? ['', ...picture(worst, paper)] : []),
    ...(worst && report.invalid?.code !== 'never-ready' ? ['', requests(worst)] : []),
    ...(report.trials > 1 ? ['', trialsOf(report)] : []),
    ...asserts(report, paper),
    ...(report.unmeasured.length > 0
      ? ['', wrap(`Not measured: ${report.unmeasured.join('; ')}.`, paper.columns)]
      : []),
    ...(report.ok ? [] : ['', `Again: ${oneLine(report.replay)}`]),
  ].join('\n');
}

export function headline(report: Pick<DrillReport, 'verdict' | 'grade' | 'findings' | 'ok'>, { paint }: Paper): string {
  if (report.verdict === 'invalid') return paint(['bold', 'yellow'], 'invalid: this drill shows nothing');
  const first = report.findings[0];
  const what =
    report.verdict === 'clean' ? 'clean: it ended without losing work' : `unclean: ${oneLine(first?.what ?? '')}`;
  return paint(['bold', report.verdict === 'clean' ? 'green' : 'red'], `${report.grade}  ${what}`);
}

function reasons({ findings }: DrillReport, paper: Paper): string[] {
  return findings.flatMap((it) => [
    '',
    `${it.grade}  ${paper.paint('bold', it.code)}: ${oneLine(it.what)}`,
    wrap(it.todo, paper.columns - 3).replaceAll(/^/gm, '   '),
  ]);
}

const BARS = ' ▁▂▃▄▅▆▇█';

/** Rows of bars over one axis of time, and under it what happened when. */
function picture(run: RunReport, { paint }: Paper): string[] {
  if (run.slices.length === 0) return timeline(run);
  const row = (name: string, pick: (slice: Slice) => number, style: Parameters<Paper['paint']>[0]): string => {
    const most = Math.max(1, ...run.slices.map(pick));
    const bars = run.slices.map((slice) => BARS[Math.ceil((pick(slice) / most) * (BARS.length - 1))]).join('');
    return `${name.padEnd(9)} ${paint(style, bars)} ${run.slices.some((it) => pick(it) > 0) ? `at most ${most}` : 'none'}`;
  };
  const signalAt = run.slices.findIndex((slice) => slice.atMs + run.sliceMs > 0);
  const axis = `${' '.repeat(10 + Math.max(0, signalAt))}${paint('bold', '▲')} signal; a column is ${formatMs(run.sliceMs)}`;
  return [
    row('in flight', (it) => it.inFlight, 'blue'),
    row('finished', (it) => it.finished, 'green'),
    row('dropped', (it) => it.dropped, 'red'),
    row('refused', (it) => it.refused, 'yellow'),
    axis,
    '',
    ...timeline(run),
  ];
}

function timeline(run: RunReport): string[] {
  const { lastByteMs, firstRefusedMs, lastAcceptedMs } = run.measures;
  const more = [
    [lastAcceptedMs, 'last new connection that was answered'],
    [firstRefusedMs, 'first request refused'],
    [lastByteMs, 'last byte of an answer'],
  ] as const;
  const moments = [...run.timeline, ...more.flatMap(([atMs, what]) => (atMs === null ? [] : [{ atMs, what }]))];
  return [
    table(
      moments
        .toSorted((a, b) => a.atMs - b.atMs)
        .map(({ atMs, what }) => [`${atMs < 0 ? '-' : '+'}${formatMs(Math.abs(atMs))}`, oneLine(what)]),
      [0],
    ),
  ];
}

function requests({ measures: m }: RunReport): string {
  const parts = [
    [m.finished, 'finished'],
    [m.turnedAway, 'turned away'],
    [m.refused, 'refused'],
    [m.reset, 'reset'],
    [m.truncated, 'truncated'],
    [m.errors, 'answered 500 or more'],
    [m.timeouts, 'timed out'],
    [m.garbage, 'garbage'],
    [m.stale, 'sent again'],
    [m.open, 'open'],
  ] as const;
  const list = parts.filter(([number]) => (number ?? 0) > 0).map(([number, what]) => `${count(number!)} ${what}`);
  const latency = m.p50Ms === null ? '' : `; half within ${formatMs(m.p50Ms)}, 99 % within ${formatMs(m.p99Ms!)}`;
  const exit = m.exitCode === null ? '' : `; exit code ${m.exitCode}`;
  return `${count(m.sent ?? 0)} requests: ${list.join(', ')}; ${m.dropped} dropped of ${m.inFlight} in flight and what came after${latency}${exit}`;
}

function trialsOf(report: DrillReport): string {
  const bound =
    report.bound95 === null || report.bound95 === 1
      ? ''
      : `; rate of failure below ${report.bound95} with 95 % confidence`;
  return `${report.trials} trials (seed ${report.seed}), ${report.faultsOnWorkInFlight} signals on work in flight, ${report.violations} unclean${bound}`;
}

function asserts(report: DrillReport, { paint }: Paper): string[] {
  return report.asserts.flatMap(({ text, holds, why }) => [
    '',
    paint(
      holds ? 'green' : 'red',
      `${holds ? 'holds' : 'does not hold'}: ${oneLine(text)}${why === '' ? '' : ` (${why})`}`,
    ),
  ]);
}
