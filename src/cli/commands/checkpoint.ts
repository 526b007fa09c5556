// `lastcall checkpoint UNIT`: makes a checkpoint now.
import { defineCommand } from '../command.ts';
import { UNIT } from '../units/unit-argument.ts';

export const command = defineCommand({
  name: 'checkpoint',
  summary: 'Make a checkpoint of a unit now, while it works on',
  arguments: [UNIT],
  options: {},
  settings: ['stateDir'],
  examples: [{ line: 'lastcall checkpoint flights', does: 'Before something risky' }],
  async run({ arguments: { unit }, settings, output }) {
    const { withUnit } = await import('../units/connect.ts');
    const checkpoint = await withUnit(unit, settings, (client) => client.checkpoint());
    output.result(checkpoint, () => `${checkpoint.id}, ${checkpoint.verified ? 'verified' : 'not verified'}`);
    return 0;
  },
});
