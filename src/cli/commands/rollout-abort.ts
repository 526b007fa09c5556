// `lastcall rollout abort MODEL`.
import { defineCommand } from '../command.ts';
import { GATEWAY_OPTION } from '../gateway/options.ts';

export const command = defineCommand({
  name: 'rollout abort',
  summary: 'Take the new version back while a roll-out runs',
  arguments: [
    {
      name: 'model',
      describe: 'Name of the model, or id of a roll-out',
      kind: { type: 'text', placeholder: 'MODEL' },
      presence: 'required',
    },
  ],
  options: {
    reason: { kind: { type: 'text', placeholder: 'TEXT' }, describe: 'Why, for the status' },
    ...GATEWAY_OPTION,
  },
  settings: ['stateDir'],
  examples: [{ line: 'lastcall rollout abort churn', does: 'Back to the old shares at once' }],
  async run({ arguments: { model }, options: { reason, gateway }, settings, output }) {
    const { tellRollout } = await import('../gateway/rollout.ts');
    return tellRollout(model, 'abort', reason === undefined ? {} : { reason }, gateway, settings, output);
  },
});
