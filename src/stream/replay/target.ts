// Up to where a replay goes, as people write it: `end` (the newest epoch of the state), `epoch:42`, a number of records since
// the beginning, or a place as messages and `stream inspect` show it with its partition: `0@3:120`.
import { LastcallError } from '../../base/errors.ts';
import type { Position } from '../ports.ts';

export type Target =
  | { readonly to: 'end' }
  | { readonly to: 'epoch'; readonly epoch: number }
  | { readonly to: 'records'; readonly records: number }
  | { readonly to: 'position'; readonly partition: number; readonly position: Position };

/** @throws LastcallError `usage` */
export function parseTarget(text: string): Target {
  if (text === 'end') return { to: 'end' };
  const epoch = /^epoch:(\d{1,15})$/.exec(text);
  if (epoch !== null) return { to: 'epoch', epoch: Number(epoch[1]) };
  if (/^\d{1,15}$/.test(text)) return { to: 'records', records: Number(text) };
  const place = /^(\d{1,9})@(-?\d{1,15}(?::-?\d{1,15})*)$/.exec(text);
  if (place !== null) {
    return { to: 'position', partition: Number(place[1]), position: place[2]!.split(':').map(Number) };
  }
  throw new LastcallError('usage', {
    what: `${JSON.stringify(text)} is no place to go to`,
    on: '--to',
    todo: 'Give end, epoch:42, a number of records, or PARTITION@PLACE such as 0@3:120.',
  });
}
