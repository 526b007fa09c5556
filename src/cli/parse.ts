// Reads the words after a command's name by its schema. commander splits options from operands; what is unknown, missing
// or too much becomes a usage error with the nearest known name.
import { Command as Splitter, CommanderError } from 'commander';
import { LastcallError } from '../base/errors.ts';
import { argumentName, parseValue, placeholderOf, suggestion } from '../options/index.ts';
import type { ArgumentSchema, Command, OptionSchema } from './command.ts';
import { GLOBAL_OPTIONS } from './global.ts';
import { settingOf } from './settings.ts';

export interface Parsed {
  readonly wantsHelp: boolean;
  readonly arguments: Record<string, unknown>;
  readonly options: Record<string, unknown>;
  readonly globals: Record<string, unknown>;
  /** Settings given as arguments, by path, as typed: options/resolve.ts reads them. */
  readonly settings: Record<string, unknown>;
}

/** @throws LastcallError `usage` */
export function parseWords(command: Command, words: readonly string[]): Parsed {
  const splitter = new Splitter(command.name)
    .helpOption(false)
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  const settings = command.settings.map(settingOf);
  const known: Record<string, OptionSchema> = { ...GLOBAL_OPTIONS, ...command.options };
  for (const [name, schema] of Object.entries(known)) {
    const flags = flagsOf(argumentName(name), schema);
    if (schema.repeats) splitter.option(flags, '', (value: string, before: string[]) => [...before, value], []);
    else splitter.option(flags);
  }
  if (command.arguments.some(({ presence }) => presence === 'rest')) splitter.passThroughOptions();
  for (const setting of settings) splitter.option(flagsOf(argumentName(setting.path), setting));
  splitter.option('-h, --help');

  const { operands, unknown } = split(splitter, command, words);
  const given = withNegated(splitter.opts(), Object.keys(known));
  const wantsHelp = given['help'] === true;
  if (unknown.length > 0 && !wantsHelp) throw unknownOption(command, splitter, unknown[0]!);
  return {
    wantsHelp,
    arguments: wantsHelp ? {} : readArguments(command, operands),
    options: readOptions(command.options, given),
    globals: readOptions(GLOBAL_OPTIONS, given),
    settings: Object.fromEntries(settings.map(({ path }) => [path, given[path.slice(path.lastIndexOf('.') + 1)]])),
  };
}

/** commander takes `--no-keys` for the contrary of a flag `keys`; here it is a flag of its own, called `noKeys`. */
function withNegated(given: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const negated = names.filter((name) => /^no[A-Z]/.test(name));
  const flags = negated.map((name) => [name, given[name[2]!.toLowerCase() + name.slice(3)] === false]);
  return { ...given, ...Object.fromEntries(flags) };
}

function flagsOf(name: string, schema: Pick<OptionSchema, 'kind'>): string {
  return schema.kind.type === 'flag' ? name : `${name} <${placeholderOf(schema.kind)}>`;
}

function split(
  splitter: Splitter,
  command: Command,
  words: readonly string[],
): { operands: string[]; unknown: string[] } {
  try {
    return splitter.parseOptions([...words]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const option = /'(--[\w-]+)/.exec(error.message)?.[1] ?? 'an option';
    throw new LastcallError('usage', {
      what: 'this option needs a value',
      on: option,
      todo: `\`lastcall ${command.name} --help\` shows which.`,
    });
  }
}

function unknownOption(command: Command, splitter: Splitter, word: string): LastcallError {
  const name = word.split('=')[0]!;
  const known = splitter.options.flatMap((option) => option.long ?? []);
  return new LastcallError('usage', {
    what: 'this option is unknown',
    on: name,
    todo: suggestion(name, known, `\`lastcall ${command.name} --help\` lists the options.`),
  });
}

function readOptions(
  schemas: Readonly<Record<string, OptionSchema>>,
  given: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { kind }]) => {
      const raw = given[name];
      if (Array.isArray(raw)) return [name, raw.map((one: unknown) => parseValue(kind, one, argumentName(name)))];
      if (raw === undefined) return [name, kind.type === 'flag' ? false : undefined];
      return [name, parseValue(kind, raw, argumentName(name))];
    }),
  );
}

function readArguments(command: Command, operands: readonly string[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  let next = 0;
  for (const schema of command.arguments) {
    const isList = schema.presence !== 'required' && schema.presence !== 'optional';
    const words = isList ? operands.slice(next) : operands.slice(next, next + 1);
    next += words.length;
    if (words.length === 0 && schema.presence !== 'optional' && schema.presence !== 'any')
      throw missing(command, schema);
    // The words of somebody else's command are theirs, empty ones too.
    const own = schema.presence === 'rest';
    const read = own ? words : words.map((word) => parseValue(schema.kind, word, schema.name.toUpperCase()));
    values[schema.name] = isList ? read : read[0];
  }
  if (next < operands.length) {
    throw new LastcallError('usage', {
      what: 'this is one argument too many',
      on: operands[next],
      todo: `\`lastcall ${command.name} --help\` shows what the command takes.`,
    });
  }
  return values;
}

function missing(command: Command, schema: ArgumentSchema): LastcallError {
  return new LastcallError('usage', {
    what: 'this argument is missing',
    on: schema.name.toUpperCase(),
    todo: `It is: ${schema.describe}. \`lastcall ${command.name} --help\` has an example.`,
  });
}
