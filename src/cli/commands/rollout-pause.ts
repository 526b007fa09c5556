// `lastcall rollout pause MODEL`.
import { defineCommand } from '../command.ts';
import { GATEWAY_OPTION } from '../gateway/options.ts';

export const command = defineCommand({
  name: 'rollout pause',
  summary: 'Leave the shares as they are until it is promoted',
  arguments: [
    {
      name: 'model',
      describe: 'Name of the model, or id of a roll-out',
      kind: { type: 'text', placeholder: 'MODEL' },
      presence: 'required',
    },
  ],
  options: { ...GATEWAY_OPTION },
  settings: ['stateDir'],
  examples: [{ line: 'lastcall rollout pause churn', does: 'Stay where it is' }],
  async run({ arguments: { model }, options: { gateway }, settings, output }) {
    const { tellRollout } = await import('../gateway/rollout.ts');
    return tellRollout(model, 'pause', {}, gateway, settings, output);
  },
});
