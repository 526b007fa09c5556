// What the commands about dead letters have in common.
import { LastcallError } from '../../base/errors.ts';
import type { ArgumentSchema, OptionSchema } from '../command.ts';
import type { Which } from './dead-letters.ts';

export const PIPELINE = {
  name: 'pipeline',
  describe: 'Name of a pipeline of this state directory, running or not',
  kind: { type: 'text', placeholder: 'PIPELINE' },
  presence: 'required',
} as const satisfies ArgumentSchema;

export const IDS = {
  name: 'ids',
  describe: 'As `lastcall deadletter list` shows them, such as record:3 or output:3, with commas between',
  kind: { type: 'text', placeholder: 'IDS' },
  presence: 'optional',
} as const satisfies ArgumentSchema;

export const ALL = { kind: { type: 'flag' }, describe: 'All of them' } as const satisfies OptionSchema;

/** @throws LastcallError `usage` unless it is said clearly which ones */
export function whichOf(ids: string | undefined, all: boolean): Which {
  if (all && ids === undefined) return 'all';
  if (!all && ids !== undefined) return ids.split(',');
  throw new LastcallError('usage', {
    what: all ? 'both ids and --all were given' : 'it is not said which ones',
    on: 'IDS',
    todo: 'Give ids with commas between, or --all.',
  });
}
