// Two reports side by side, and whether the second is worse.
import { LastcallError } from '../base/errors.ts';
import { fileError } from '../base/files/index.ts';
import type { Output } from '../cli/output.ts';
import { table } from '../cli/text.ts';
import { readFileSync } from 'node:fs';
import type { DrillReport } from './report/report.ts';
import { GRADES } from './verdict/core/findings.ts';
import type { MeasureName } from './verdict/core/measure.ts';

/** More of these is worse. Times are shown, but not judged: they differ from run to run. */
const COUNTS: readonly MeasureName[] = [
  'dropped',
  'truncated',
  'timeouts',
  'lost',
  'doubled',
  'processesLeft',
  'portsLeft',
  'filesLeft',
  'gpuLeft',
  'logLost',
];
const SHOWN: readonly MeasureName[] = [
  'sent',
  'finished',
  'refused',
  'inFlight',
  ...COUNTS,
  'exitMs',
  'exitCode',
  'firstNotReadyMs',
  'lingerMs',
  'p50Ms',
  'p99Ms',
];
const VERDICTS = ['clean', 'unclean', 'invalid'];

export function compareReports(fileA: string, fileB: string, output: Output): number {
  const [a, b] = [readReport(fileA), readReport(fileB)];
  const worse = [
    ...(VERDICTS.indexOf(b.verdict) > VERDICTS.indexOf(a.verdict) ? ['verdict'] : []),
    ...(a.grade !== null && b.grade !== null && GRADES.indexOf(b.grade) > GRADES.indexOf(a.grade) ? ['grade'] : []),
    ...COUNTS.filter((name) => (b.measures[name] ?? 0) > (a.measures[name] ?? 0)),
  ];
  const codes = (report: DrillReport): string[] => report.findings.map((it) => it.code);
  const added = codes(b).filter((code) => !codes(a).includes(code as never));
  const gone = codes(a).filter((code) => !codes(b).includes(code as never));
  output.result({ worse, added, gone, a: summaryOf(a), b: summaryOf(b) }, () =>
    [
      table(
        [
          ['', 'A', 'B'],
          ['verdict', a.verdict, b.verdict],
          ['grade', a.grade ?? '', b.grade ?? ''],
          ...SHOWN.map((name) => rowOf(name, a, b, worse)),
        ],
        [1, 2],
      ),
      ...(added.length > 0 ? [`new: ${added.join(', ')}`] : []),
      ...(gone.length > 0 ? [`gone: ${gone.join(', ')}`] : []),
      output.paint(
        worse.length > 0 ? 'red' : 'green',
        worse.length > 0 ? `B is worse: ${worse.join(', ')}` : 'B is not worse',
      ),
    ].join('\n'),
  );
  return worse.length > 0 ? 1 : 0;
}

function rowOf(name: MeasureName, a: DrillReport, b: DrillReport, worse: readonly string[]): string[] {
  const show = (value: number | null): string => (value === null ? '' : String(value));
  return [name, show(a.measures[name]), show(b.measures[name]), worse.includes(name) ? 'worse' : ''];
}

function summaryOf({
  verdict,
  grade,
  target,
  measures,
}: DrillReport): Pick<DrillReport, 'verdict' | 'grade' | 'target' | 'measures'> {
  return { verdict, grade, target, measures };
}

function readReport(file: string): DrillReport {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw fileError(error, file);
  }
  try {
    const report = JSON.parse(text) as DrillReport;
    if (report.schema === 'lastcall.drill/1' && typeof report.measures === 'object') return report;
  } catch {
    // said below
  }
  throw new LastcallError('usage', {
    what: 'this is no report of a drill',
    on: file,
    todo: 'Write one with lastcall drill … --out FILE.',
  });
}
