// `lastcall keys revoke KEY`: a key that is good for nothing from now on.
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'keys revoke',
  summary: 'Revoke a key, at once',
  arguments: [
    {
      name: 'key',
      describe: 'Its id, as keys list shows it',
      kind: { type: 'text', placeholder: 'KEY' },
      presence: 'required',
    },
  ],
  options: {},
  settings: ['server', 'keyFile', 'stateDir'],
  examples: [{ line: 'lastcall keys revoke 01JD0000000000000000000000', does: 'Its owner is refused from now on' }],
  async run({ arguments: { key }, settings, output }) {
    const { revokeKey } = await import('../server/keys.ts');
    return revokeKey(key, settings, output);
  },
});
