// `lastcall start UNIT --scope …`: brings back a model or part that was stopped alone.
import { LastcallError } from '../../base/errors.ts';
import { defineCommand } from '../command.ts';
import { UNIT } from '../units/unit-argument.ts';

export const command = defineCommand({
  name: 'start',
  summary: 'Bring back a model or part of a running unit that was stopped alone',
  arguments: [UNIT],
  options: {
    scope: { kind: { type: 'text', placeholder: 'SCOPE' }, describe: 'What to bring back: model:NAME or part:NAME' },
  },
  settings: ['stateDir'],
  examples: [
    { line: 'lastcall start flights --scope model:delay', does: 'The model works off what was parked for it' },
  ],
  async run({ arguments: { unit }, options: { scope }, settings, output }) {
    if (scope === undefined) {
      throw new LastcallError('usage', {
        what: 'it is not said what to bring back',
        on: '--scope',
        todo: 'Add --scope model:NAME or --scope part:NAME; a whole unit is started by its own command.',
      });
    }
    const { withUnit } = await import('../units/connect.ts');
    const answer = await withUnit(unit, settings, (client) => client.send('POST', '/start', { scope }));
    output.result(answer, () => `${scope} of ${unit} is back.`);
    return 0;
  },
});
