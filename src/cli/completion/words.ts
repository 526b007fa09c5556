// What a shell may complete, as data: made from the command table, rendered once for each shell.
import { argumentName, type ValueKind } from '../../options/index.ts';
import type { Command } from '../command.ts';
import { GLOBAL_OPTIONS } from '../global.ts';
import { settingOf } from '../settings.ts';

/** What can stand in a place: words of a list, a running unit, a file, or something that no shell can know. */
export type Candidates = readonly string[] | 'units' | 'files' | 'unknown';

export interface OptionWords {
  /** `--deadline`. */
  readonly flag: string;
  readonly describe: string;
  /** null: it is a flag and takes no value. */
  readonly value: Candidates | null;
}

export interface CommandWords {
  /** `stop`, or `stream run`. */
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionWords[];
  /** By place; the last one repeats if the command takes many. */
  readonly arguments: readonly Candidates[];
}

export function describeWords(commands: readonly Command[]): CommandWords[] {
  return commands.map((command) => ({
    name: command.name,
    summary: command.summary,
    arguments: command.arguments.map(({ name, kind }) => (name === 'unit' ? 'units' : candidatesOf(kind)!)),
    options: [
      ...Object.entries({ ...command.options, ...GLOBAL_OPTIONS }),
      ...command.settings.map((path) => [path, settingOf(path)] as const),
      ['help', { kind: { type: 'flag' }, describe: 'Show the help' }] as const,
    ].map(([name, { kind, describe }]) => ({ flag: argumentName(name), describe, value: candidatesOf(kind) })),
  }));
}

/** The first words: commands, and groups by their name once. */
export function firstWords(commands: readonly CommandWords[]): string[] {
  return [...new Set(commands.map(({ name }) => name.split(' ')[0]!))];
}

/** The second words of each group. */
export function groups(commands: readonly CommandWords[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name } of commands) {
    const [group, second] = name.split(' ');
    if (second !== undefined) found.set(group!, [...(found.get(group!) ?? []), second]);
  }
  return found;
}

function candidatesOf(kind: ValueKind): Candidates | null {
  switch (kind.type) {
    case 'flag':
      return null;
    case 'choice':
      return kind.choices;
    case 'path':
      return 'files';
    default:
      return 'unknown';
  }
}
