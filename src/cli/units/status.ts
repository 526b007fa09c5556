// The status of one unit for people: state, work, checkpoint, parts, and whatever its features add.
import { formatMs } from '../../base/duration.ts';
import type { UnitStatus } from '../../lifecycle/view.ts';
import { count, oneLine, table } from '../text.ts';
import { stateOf } from './listing.ts';

export function renderStatus(status: UnitStatus): string {
  const { unit, work } = status;
  const rows = [
    ['unit', `${unit.name} (${unit.kind}), ${unit.instance}`],
    ['process', `${unit.pid} on ${unit.host}, up ${formatMs(status.upMs)}`],
    ['state', stateOf(status)],
    ...(status.pending.length > 0 ? [['waiting for', status.pending.join(', ')]] : []),
    [
      work.of,
      `${count(work.accepted)} accepted = ${count(work.finished)} finished + ${count(work.returned)} returned + ${count(work.lost)} lost + ${count(work.unknown)} unknown + ${count(work.inFlight)} in flight`,
    ],
    ['checkpoint', checkpointOf(status)],
    ...Object.entries(status.details).map(([name, value]) => detailRow(name, value)),
  ];
  const parts = status.parts.map((part) => renderStatus(part).replaceAll(/^/gm, '    '));
  return [table(rows.map((row) => row.map(oneLine))), ...parts].join('\n\n');
}

function checkpointOf({ checkpoint }: UnitStatus): string {
  if (!checkpoint) return 'none';
  return `${checkpoint.id}${checkpoint.stepsBack > 0 ? `, ${checkpoint.stepsBack} newer ones did not verify` : ''}`;
}

/** `checkpointAgeMs: 1500` as `checkpoint age  1.5 s`: the unit at the end of a name tells how to show the value. */
function detailRow(name: string, value: unknown): [label: string, shown: string] {
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const label = words.replace(/ (ms|bytes)$/, '');
  if (value === null) return [label, 'unknown'];
  if (typeof value !== 'number') return [words, typeof value === 'string' ? value : JSON.stringify(value)];
  if (words.endsWith(' ms')) return [label, formatMs(value)];
  if (words.endsWith(' bytes')) return [label, `${(value / 1e6).toFixed(1)} MB`];
  return [words, Number.isInteger(value) ? count(value) : count(Number(value.toPrecision(4)))];
}
