// `lastcall rollout undo MODEL`.
import { defineCommand } from '../command.ts';
import { GATEWAY_OPTION } from '../gateway/options.ts';

export const command = defineCommand({
  name: 'rollout undo',
  summary: 'Take the new version back, also after the last step',
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
  examples: [{ line: 'lastcall rollout undo churn', does: 'Back to the old shares at once' }],
  async run({ arguments: { model }, options: { gateway }, settings, output }) {
    const { tellRollout } = await import('../gateway/rollout.ts');
    return tellRollout(model, 'undo', {}, gateway, settings, output);
  },
});
