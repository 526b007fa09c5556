// `lastcall rollout status`: where roll-outs are, and why.
import { defineCommand } from '../command.ts';
import { GATEWAY_OPTION } from '../gateway/options.ts';

export const command = defineCommand({
  name: 'rollout status',
  summary: 'Show roll-outs: the step, the share, what was measured',
  details: ['With --watch it follows one until it is over. Exit code then: 0 completed, 1 aborted or undone.'],
  arguments: [
    {
      name: 'model',
      describe: 'Name of the model, or id of a roll-out; without it all are listed',
      kind: { type: 'text', placeholder: 'MODEL' },
      presence: 'optional',
    },
  ],
  options: { watch: { kind: { type: 'flag' }, describe: 'Follow it until it is over' }, ...GATEWAY_OPTION },
  settings: ['stateDir'],
  examples: [{ line: 'lastcall rollout status churn --watch', does: 'Follow the roll-out of a model' }],
  async run({ arguments: { model }, options: { watch, gateway }, settings, output }) {
    const { showRollouts } = await import('../gateway/rollout.ts');
    return showRollouts(model, watch, gateway, settings, output);
  },
});
