// `lastcall freeze UNIT MODEL`.
import { defineCommand } from '../command.ts';
import { MODEL, UNIT } from '../units/unit-argument.ts';

export const command = defineCommand({
  name: 'freeze',
  summary: 'Stop a model of a running unit from learning; it goes on predicting',
  arguments: [UNIT, MODEL],
  options: {},
  settings: ['stateDir'],
  examples: [{ line: 'lastcall freeze flights delay', does: 'Keep the model as it is while the input is odd' }],
  async run({ arguments: { unit, model }, settings, output }) {
    const { withUnit } = await import('../units/connect.ts');
    const route = `/models/${encodeURIComponent(model)}/freeze`;
    const answer = await withUnit(unit, settings, (client) => client.send('POST', route));
    output.result(answer, () => `${model} of ${unit} no longer learns.`);
    return 0;
  },
});
