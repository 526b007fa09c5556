// `lastcall keys list`: who may ask the server.
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'keys list',
  summary: 'List the keys of the server',
  arguments: [],
  options: {},
  settings: ['server', 'keyFile', 'stateDir'],
  examples: [{ line: 'lastcall keys list', does: 'Who may ask?' }],
  async run({ settings, output }) {
    const { listKeys } = await import('../server/keys.ts');
    return listKeys(settings, output);
  },
});
