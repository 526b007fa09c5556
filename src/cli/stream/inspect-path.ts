// What `lastcall stream inspect` finds, for people and as JSON: one object a state.
import { resolve } from 'node:path';
import { rfc3339 } from '../../base/clock.ts';
import { formatMs } from '../../base/duration.ts';
import { inspectState, statesAt } from '../../stream/index.ts';
import type { InspectedModel, InspectedSlot, InspectedState } from '../../stream/index.ts';
import type { Output } from '../output.ts';
import { count, oneLine, table } from '../text.ts';

const ERROR_SHOWN = 70;

export function inspectPath(path: string, top: number | undefined, output: Output): number {
  for (const state of statesAt(resolve(path))) {
    const found = inspectState(state, top === undefined ? {} : { top });
    output.result(found, () => render(found));
  }
  return 0;
}

function render(state: InspectedState): string {
  const { pipeline, epoch, committedAt, records, outputs, code } = state;
  const head = [
    state.path,
    `${pipeline}: ${count(records)} records, ${count(outputs)} outputs, epoch ${epoch} of ${committedAt}${code === '' ? '' : `, code ${oneLine(code)}`}`,
  ];
  const positions = state.positions.map((at) => [`partition ${at.partition}`, count(at.records), at.position]);
  return [
    ...head,
    ...section('positions (records, place)', table(positions, [1])),
    ...section('state (pieces, bytes)', slots(state.states)),
    ...section('models (pieces, bytes)', models(state.models)),
    ...section('stopped', state.stopped.join(', ')),
    ...section('parked (records, bytes)', slots(state.parked)),
    ...section('dead letters', deadLetters(state)),
    ...section('undelivered outputs', state.undelivered === 0 ? '' : count(state.undelivered)),
    ...section('what happened', events(state)),
    ...section(
      'archives (records, bytes)',
      table(
        state.archives.map(({ id, at, records: archived, bytes }) => [id, at, count(archived), count(bytes)]),
        [2, 3],
      ),
    ),
  ].join('\n');
}

function section(title: string, text: string): string[] {
  return text === '' ? [] : ['', title, text];
}

function slots(all: readonly InspectedSlot[]): string {
  return all
    .flatMap((slot) => [
      `${slot.name} (${slot.kind}): ${count(slot.pieces)}, ${count(slot.bytes)}${contents(slot)}`,
      ...keys(slot),
    ])
    .join('\n');
}

function contents({ keys: known, window, value }: InspectedSlot): string {
  const parts = [
    ...(known === undefined ? [] : [`${count(known)} keys`]),
    ...(window === undefined
      ? []
      : [
          `${count(window.records)} records within ${formatMs(window.windowMs)} of ${window.clockMs === null ? 'no time yet' : rfc3339(window.clockMs)}`,
          ...(window.late > 0 ? [`${count(window.late)} came too late`] : []),
        ]),
    ...(value === undefined ? [] : [oneLine(value)]),
  ];
  return parts.length === 0 ? '' : `; ${parts.join('; ')}`;
}

function keys({ top = [] }: InspectedSlot): string[] {
  const rows = top.map(({ key, records, sum, bytes, value }) => [
    '',
    oneLine(key),
    records === undefined ? `${count(bytes ?? 0)} bytes` : `${count(records)} records`,
    value === undefined ? (sum === undefined ? '' : `sum ${count(sum)}`) : oneLine(value),
  ]);
  return rows.length === 0 ? [] : [table(rows, [2])];
}

function models(all: readonly InspectedModel[]): string {
  return all
    .map(({ name, kind, version, frozen, pieces, bytes }) => {
      return `${name} (${kind}): ${count(pieces)}, ${count(bytes)}; version ${oneLine(version)}${frozen ? ', frozen' : ''}`;
    })
    .join('\n');
}

function deadLetters({ deadLetters: { records, outputs, newest } }: InspectedState): string {
  if (records + outputs === 0) return '';
  const rows = newest.map(({ id, from, error }) => ['', id, oneLine(from), oneLine(error).slice(0, ERROR_SHOWN)]);
  return [`${count(records)} records so far, ${count(outputs)} outputs now`, table(rows)].join('\n');
}

function events({ events: all }: InspectedState): string {
  return table(
    all.map(({ epoch, at, records, event, ...fields }) => {
      const rest = Object.entries(fields).map(([name, value]) => `${name} ${oneLine(String(value))}`);
      return [`epoch ${epoch}`, at, `after ${count(records)}`, event, rest.join(', ')];
    }),
  );
}
