// `lastcall rollout promote MODEL`.
import { defineCommand } from '../command.ts';
import { GATEWAY_OPTION } from '../gateway/options.ts';

export const command = defineCommand({
  name: 'rollout promote',
  summary: 'End the step or the pause, and go on',
  arguments: [
    {
      name: 'model',
      describe: 'Name of the model, or id of a roll-out',
      kind: { type: 'text', placeholder: 'MODEL' },
      presence: 'required',
    },
  ],
  options: { full: { kind: { type: 'flag' }, describe: 'All steps at once' }, ...GATEWAY_OPTION },
  settings: ['stateDir'],
  examples: [{ line: 'lastcall rollout promote churn', does: 'Go on now' }],
  async run({ arguments: { model }, options: { full, gateway }, settings, output }) {
    const { tellRollout } = await import('../gateway/rollout.ts');
    return tellRollout(model, 'promote', { full }, gateway, settings, output);
  },
});
