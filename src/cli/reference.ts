// docs/cli.md, made of the same help texts that `--help` prints.
import type { Command } from './command.ts';
import { renderCommandHelp } from './help.ts';

export function renderReference(commands: readonly Command[]): string {
  return `# Commands

What \`lastcall COMMAND --help\` prints, for every command. Written from the command table; \`src/cli/reference.test.ts\`
fails when this page and the commands disagree, and says how to write it anew.
${commands.map((command) => `\n## lastcall ${command.name}\n\n\`\`\`text\n${renderCommandHelp(command)}\n\`\`\`\n`).join('')}`;
}
