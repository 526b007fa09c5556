// `lastcall keys create OWNER`: a key for somebody.
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'keys create',
  summary: 'Make a key, and print it once',
  arguments: [
    {
      name: 'owner',
      describe: 'Whose jobs it is for',
      kind: { type: 'text', placeholder: 'OWNER' },
      presence: 'required',
    },
  ],
  options: {
    role: {
      kind: { type: 'choice', choices: ['viewer', 'user', 'admin'] },
      describe: 'viewer sees its own jobs, user also submits and ends them, admin may do everything',
      fallback: 'user',
    },
  },
  settings: ['server', 'keyFile', 'stateDir'],
  examples: [{ line: 'lastcall keys create ann > ann.key', does: 'For Ann, who gives it with --key-file' }],
  async run({ arguments: { owner }, options, settings, output }) {
    const { createKey } = await import('../server/keys.ts');
    return createKey(owner, options.role ?? 'user', settings, output);
  },
});
