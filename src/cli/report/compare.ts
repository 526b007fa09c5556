// Several shutdown reports beside each other: one column each, and the slowest stage of all named.
import { basename } from 'node:path';
import { formatMs } from '../../base/duration.ts';
import { STAGES } from '../../lifecycle/core/types.ts';
import type { Report } from '../../lifecycle/index.ts';
import { count, table } from '../text.ts';
import { isKnownOnlyAfterwards } from './cause.ts';

export interface NamedReport {
  readonly path: string;
  readonly report: Report;
}

const NAME_LENGTH_MAX = 24;

export function renderComparison(reports: readonly NamedReport[]): string {
  const rows = [
    ['', ...reports.map(({ path }) => shorten(basename(path, '.json')))],
    line('unit', reports, ({ unit }) => unit.name),
    line('outcome', reports, ({ outcome }) => outcome),
    line('exit code', reports, ({ exitCode }) => String(exitCode)),
    line('cause', reports, ({ cause }) => [cause.kind, cause.signal ?? cause.provider].filter(Boolean).join(' ')),
    line('took', reports, (report) => (isKnownOnlyAfterwards(report) ? '-' : formatMs(report.budget.usedMs))),
    line('budget', reports, ({ budget }) => formatMs(budget.totalMs)),
    ...STAGES.map((name) => line(`  ${name}`, reports, (report) => stageCell(report, name))),
    ...(['accepted', 'finished', 'returned', 'lost', 'unknown'] as const).map((name) =>
      line(name, reports, ({ work }) => count(work[name])),
    ),
    line('checkpoint', reports, ({ checkpoint }) => checkpointCell(checkpoint)),
    line('released', reports, ({ released }) => String(released.proven)),
  ];
  return `${table(rows)}\n\n${summary(reports)}`;
}

function line(title: string, reports: readonly NamedReport[], cell: (report: Report) => string): string[] {
  return [title, ...reports.map(({ report }) => cell(report))];
}

function stageCell(report: Report, name: string): string {
  const stage = report.stages.find((candidate) => candidate.name === name);
  if (!stage) return '-';
  return stage.result === 'ok' ? formatMs(stage.tookMs) : `${formatMs(stage.tookMs)} ${stage.result}`;
}

function checkpointCell(checkpoint: Report['checkpoint']): string {
  if (!checkpoint) return '-';
  return checkpoint.stepsBack === 0 ? 'newest' : `${checkpoint.stepsBack} back`;
}

function summary(reports: readonly NamedReport[]): string {
  const clean = reports.filter(({ report }) => report.exitCode === 0).length;
  const missing = reports.reduce((sum, { report }) => sum + report.work.lost + report.work.unknown, 0);
  const stages = reports.flatMap(({ path, report }) => report.stages.map((stage) => ({ path, stage })));
  const slowest = stages.toSorted((a, b) => b.stage.tookMs - a.stage.tookMs)[0];
  const slow =
    slowest && `; slowest stage: ${slowest.stage.name} of ${basename(slowest.path)}, ${formatMs(slowest.stage.tookMs)}`;
  return `${clean} of ${reports.length} ended with 0, ${count(missing)} items lost or unknown${slow ?? ''}.`;
}

function shorten(name: string): string {
  return name.length <= NAME_LENGTH_MAX ? name : `…${name.slice(1 - NAME_LENGTH_MAX)}`;
}
