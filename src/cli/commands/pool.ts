// `lastcall pool`: GPUs and ports.
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'pool',
  summary: 'Show GPUs and ports: who holds them, and what was put aside',
  arguments: [],
  options: {
    check: { kind: { type: 'text', placeholder: 'RESOURCE' }, describe: 'Prove a quarantined resource again, now' },
    clear: {
      kind: { type: 'text', placeholder: 'RESOURCE' },
      describe: 'Your word that a quarantined resource is free; for administrators',
    },
  },
  settings: ['server', 'keyFile', 'stateDir'],
  examples: [
    { line: 'lastcall pool', does: 'Who holds what?' },
    { line: 'lastcall pool --check gpu:0', does: 'Is it free by now?' },
  ],
  async run({ options, settings, output }) {
    const { pool } = await import('../server/act.ts');
    return pool(options, settings, output);
  },
});
