// All commands, in the order of `lastcall --help`. Adding one is a file in commands/ and a line here.
import type { Command } from './command.ts';

export interface TableEntry {
  /** One word, or two for a command of a group. */
  readonly name: string;
  /** Loads the schema; what the command does is loaded only when it runs. */
  load(): Promise<Command>;
}

export const COMMANDS: readonly TableEntry[] = [
  { name: 'report', load: async () => (await import('./commands/report.ts')).command },
  { name: 'config', load: async () => (await import('./commands/config.ts')).command },
  { name: 'completion', load: async () => (await import('./commands/completion.ts')).command },
];
