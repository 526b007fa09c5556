// One shutdown report for people: what ended and why, where the time went, what became of the work, what to do now.
import { formatMs } from '../../base/duration.ts';
import type { Report } from '../../lifecycle/index.ts';
import { meaningOf, NOTHING } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { count, wrap } from '../text.ts';
import { causeOf, isKnownOnlyAfterwards } from './cause.ts';
import { renderTimeline } from './timeline.ts';

const IDS_SHOWN = 10;

export function renderReport(report: Report, output: Pick<Output, 'columns' | 'paint'>): string {
  const meaning = meaningOf(report);
  const style = report.exitCode === 0 ? 'green' : 'red';
  const { unit } = report;
  return [
    output.paint('bold', `${unit.name} (${unit.kind}), process ${unit.pid} on ${unit.host}`),
    `${output.paint(style, report.outcome)}: exit code ${report.exitCode}, ${meaning.means}`,
    `${causeOf(report)}${timeOf(report)}`,
    ...(report.error ? [`error: ${report.error}`] : []),
    ...(report.stages.length > 0 ? ['', renderTimeline(report.stages, report.budget.usedMs)] : []),
    '',
    sumOf(report),
    ...lostOf(report),
    ...setAsideOf(report),
    checkpointOf(report),
    releasedOf(report),
    '',
    wrap(`What to do: ${todoOf(report, meaning.todo)}`, output.columns),
    ...report.parts.flatMap((part) => ['', indent(renderReport(part, output))]),
  ].join('\n');
}

/** How many of each there are, as the sum of invariant 2; and a warning if the sum does not hold. */
function sumOf({ work }: Report): string {
  const rest = work.finished + work.returned + work.lost + work.unknown;
  const parts = `${count(work.finished)} finished + ${count(work.returned)} returned + ${count(work.lost)} lost + ${count(work.unknown)} unknown`;
  const sum = `${count(work.accepted)} ${work.of} accepted = ${parts}`;
  return work.accepted === rest ? sum : `${sum} (does not add up: ${count(work.accepted - rest)} unaccounted for)`;
}

function timeOf(report: Report): string {
  if (isKnownOnlyAfterwards(report)) return '';
  const { usedMs, totalMs, extendedMs, source } = report.budget;
  const extended = extendedMs > 0 ? `, of them ${formatMs(extendedMs)} by extension` : '';
  return `; took ${formatMs(usedMs)} of ${formatMs(totalMs)}${extended} (budget from: ${source})`;
}

function lostOf({ work }: Report): string[] {
  const ids = work.lostIds ?? [];
  if (ids.length === 0) return [];
  const more = work.lost + work.unknown > IDS_SHOWN ? ', …' : '';
  return [`lost or unknown: ${ids.slice(0, IDS_SHOWN).join(', ')}${more}`];
}

function setAsideOf({ unit, work }: Report): string[] {
  const letters = work.deadLetters ?? 0;
  if (letters === 0) return [];
  return [`set aside as dead letters: ${count(letters)} (lastcall deadletter list ${unit.name})`];
}

function checkpointOf({ checkpoint }: Report): string {
  if (!checkpoint) return 'no checkpoint';
  const back = checkpoint.stepsBack > 0 ? `, ${checkpoint.stepsBack} newer ones did not verify` : '';
  return `checkpoint ${checkpoint.id}, ${checkpoint.verified ? 'verified' : 'not verified'}${back}`;
}

function releasedOf({ released }: Report): string {
  const survivors = released.processes?.survivors ?? [];
  const quarantined = released.quarantined ?? [];
  const proof = released.proven === true ? 'proven' : released.proven === 'swept' ? 'swept by mark' : 'not proven';
  return [
    `release ${proof}`,
    ...(survivors.length > 0 ? [`still running: ${survivors.join(', ')}`] : []),
    ...(quarantined.length > 0 ? [`quarantined: ${quarantined.join(', ')}`] : []),
  ].join('; ');
}

function todoOf({ work }: Report, todo: string): string {
  const missing = work.lost + work.unknown;
  if (missing === 0) return todo;
  const things = missing === 1 ? `1 ${work.of.replace(/s$/, '')} that is` : `${count(missing)} ${work.of} that are`;
  const kinds = [...(work.lost > 0 ? ['lost'] : []), ...(work.unknown > 0 ? ['unknown'] : [])];
  return [`Find out what became of the ${things} ${kinds.join(' or ')}.`, todo]
    .filter((it) => it !== NOTHING)
    .join(' ');
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '    ');
}
