// `lastcall rollout start MODEL --to v2`: gives a version a growing share of a model's traffic.
import { defineCommand } from '../command.ts';
import { GATEWAY_OPTION } from '../gateway/options.ts';

export const command = defineCommand({
  name: 'rollout start',
  summary: 'Give a version a growing share, and take it back if it is bad',
  details: [
    'Without --steps the steps of the configuration are taken. With --analysis each step has to succeed: a failure takes everything back at once, an answer that says nothing pauses. Without --every and --analysis each step waits for `rollout promote`. The old version stays as it is for --keep after the last step, so that an undo is instant. It all survives a restart of the gateway.',
  ],
  arguments: [
    {
      name: 'model',
      describe: 'Name of the model',
      kind: { type: 'text', placeholder: 'MODEL' },
      presence: 'required',
    },
  ],
  options: {
    to: { kind: { type: 'text', placeholder: 'VERSION' }, describe: 'The version that takes over (required)' },
    steps: {
      kind: { type: 'text', placeholder: 'LIST' },
      describe: 'Shares in per cent, such as 5,25,50,100',
      fallback: 'as configured',
    },
    every: { kind: { type: 'duration' }, describe: 'How long each step lasts at least' },
    analysis: { kind: { type: 'path', placeholder: 'FILE' }, describe: 'Queries that decide (docs/gateway.md)' },
    keep: { kind: { type: 'duration' }, describe: 'How long the old version stays as it is', fallback: '30m' },
    ...GATEWAY_OPTION,
  },
  settings: ['stateDir'],
  examples: [
    {
      line: 'lastcall rollout start churn --to v2 --steps 5,25,50,100 --every 5m --analysis quality.yaml',
      does: 'Twenty minutes from 5 to 100 per cent, or back to nothing',
    },
    { line: 'lastcall rollout start churn --to v2', does: 'By the steps of the configuration' },
  ],
  async run({ arguments: { model }, options, settings, output }) {
    const { startRollout } = await import('../gateway/rollout.ts');
    return startRollout(model, options, settings, output);
  },
});
