// What a command is: its schema (arguments, options, settings, examples) and a run function. Parsing, help, shell
// completion and docs/cli.md are all made from the schema, so they cannot disagree.
import type { Resolved, ValueKind, ValueOf } from '../options/index.ts';
import type { Output } from './output.ts';

export interface ArgumentSchema {
  /** Shown in capitals: `UNIT`, `FILE`. */
  readonly name: string;
  readonly describe: string;
  readonly kind: ValueKind;
  /**
   * `many`: one or more; `any`: none or more; `rest`: the command of somebody else, one word or more, and options after the
   * first are its own.
   */
  readonly presence: 'required' | 'optional' | 'many' | 'any' | 'rest';
}

export interface OptionSchema {
  readonly kind: ValueKind;
  readonly describe: string;
  /** What happens without it, for people; left out where the description says it. */
  readonly fallback?: string;
  /** May be given more than once: a list, in the order given. */
  readonly repeats?: true;
}

type Arguments = readonly ArgumentSchema[];
type Options = Readonly<Record<string, OptionSchema>>;

/** Resolved values by argument name; `many` and `any` are lists. */
export type ArgumentValues<A extends Arguments> = {
  readonly [S in A[number] as S['name']]: S['presence'] extends 'many' | 'any' | 'rest'
    ? readonly ValueOf<S['kind']>[]
    : S['presence'] extends 'optional'
      ? ValueOf<S['kind']> | undefined
      : ValueOf<S['kind']>;
};

/** Resolved values by option name; flags are false when not given, repeated ones an empty list, everything else undefined. */
export type OptionValues<O extends Options> = {
  readonly [N in keyof O]: O[N] extends { repeats: true }
    ? readonly ValueOf<O[N]['kind']>[]
    : O[N]['kind'] extends { type: 'flag' }
      ? boolean
      : ValueOf<O[N]['kind']> | undefined;
};

/** What every command's run function gets. */
export interface Invocation<A extends Arguments, O extends Options> {
  readonly arguments: ArgumentValues<A>;
  readonly options: OptionValues<O>;
  readonly settings: Settings;
  readonly output: Output;
}

/** Settings as resolved for this invocation, each with where it came from. */
export interface Settings {
  /** The value, or undefined where nobody set it. */
  text(path: string): string | undefined;
  number(path: string): number | undefined;
  readonly all: ReadonlyMap<string, Resolved>;
}

export interface CommandSchema<A extends Arguments, O extends Options> {
  /** `stop`, or `stream run`. */
  readonly name: string;
  /** One line, no full stop. */
  readonly summary: string;
  /** Further paragraphs of the help. */
  readonly details?: readonly string[];
  readonly arguments: A;
  /** By camelCase name: `onlyFailed` is `--only-failed`. */
  readonly options: O;
  /** Paths of the settings (settings.ts) that this command takes as arguments as well. */
  readonly settings: readonly string[];
  readonly examples: readonly { readonly line: string; readonly does: string }[];
  /** Resolves to the exit code. Messages for people go through `output`. */
  run(invocation: Invocation<A, O>): Promise<number>;
}

/** A command with its types forgotten: what the table, the parser and the help see. */
export type Command = CommandSchema<Arguments, Options>;

/** Declares a command; the types of `run`'s arguments and options follow from the schema. */
export function defineCommand<const A extends Arguments, const O extends Options>(
  schema: CommandSchema<A, O>,
): Command {
  return schema;
}
