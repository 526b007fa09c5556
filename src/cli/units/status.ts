// The status of one unit for people: state, work, checkpoint, parts, and whatever its features add.
import { formatMs } from '../../base/duration.ts';
import type { UnitStatus } from '../../lifecycle/view.ts';
import { count, table } from '../text.ts';
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
    ...Object.entries(status.details).map(([name, value]) => [name, detailOf(value)]),
  ];
  const parts = status.parts.map((part) => renderStatus(part).replaceAll(/^/gm, '    '));
  return [table(rows), ...parts].join('\n\n');
}

function checkpointOf({ checkpoint }: UnitStatus): string {
  if (!checkpoint) return 'none';
  return `${checkpoint.id}${checkpoint.stepsBack > 0 ? `, ${checkpoint.stepsBack} newer ones did not verify` : ''}`;
}

function detailOf(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? count(value) : value.toFixed(3);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
