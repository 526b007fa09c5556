// The arguments that name a unit and a model, shared by every command that steers one.
import type { ArgumentSchema } from '../command.ts';

export const UNIT = {
  name: 'unit',
  describe: 'Name of a running unit, as `lastcall ps` shows it',
  kind: { type: 'text', placeholder: 'UNIT' },
  presence: 'required',
} as const satisfies ArgumentSchema;

export const MODEL = {
  name: 'model',
  describe: 'Name of a model in the unit',
  kind: { type: 'text', placeholder: 'MODEL' },
  presence: 'required',
} as const satisfies ArgumentSchema;
