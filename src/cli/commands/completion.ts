// `lastcall completion SHELL`: a completion script, made from the command table.
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'completion',
  summary: 'Print a completion script for a shell',
  arguments: [
    {
      name: 'shell',
      describe: 'Which shell',
      kind: { type: 'choice', choices: ['bash', 'zsh', 'fish'] },
      presence: 'required',
    },
  ],
  options: {},
  settings: [],
  examples: [
    {
      line: 'source <(lastcall completion bash)',
      does: 'In bash or zsh, for this session; put it into ~/.bashrc to keep it',
    },
    { line: 'lastcall completion fish > ~/.config/fish/completions/lastcall.fish', does: 'In fish, for good' },
  ],
  async run({ arguments: { shell }, output }) {
    const { COMMANDS } = await import('../table.ts');
    const { describeWords } = await import('../completion/words.ts');
    const { RENDERERS } = await import('../completion/renderers.ts');
    const words = describeWords(await Promise.all(COMMANDS.map((entry) => entry.load())));
    const script = RENDERERS[shell](words);
    output.result({ shell, script }, () => script);
    return 0;
  },
});
