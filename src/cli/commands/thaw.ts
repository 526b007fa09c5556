// `lastcall thaw UNIT MODEL`.
import { defineCommand } from '../command.ts';
import { MODEL, UNIT } from '../units/unit-argument.ts';

export const command = defineCommand({
  name: 'thaw',
  summary: 'Let a frozen model of a running unit learn again',
  arguments: [UNIT, MODEL],
  options: {},
  settings: ['stateDir'],
  examples: [{ line: 'lastcall thaw flights delay', does: 'The input is sound again' }],
  async run({ arguments: { unit, model }, settings, output }) {
    const { withUnit } = await import('../units/connect.ts');
    const route = `/models/${encodeURIComponent(model)}/thaw`;
    const answer = await withUnit(unit, settings, (client) => client.send('POST', route));
    output.result(answer, () => `${model} of ${unit} learns again.`);
    return 0;
  },
});
