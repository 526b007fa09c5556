// Help texts, rendered from the schemas: `lastcall --help` and `lastcall COMMAND --help`.
import { argumentName, placeholderOf, type ValueKind } from '../options/index.ts';
import type { ArgumentSchema, Command } from './command.ts';
import { GLOBAL_OPTIONS } from './global.ts';
import { settingOf } from './settings.ts';
import { wrap } from './text.ts';

/** Help is laid out for this width everywhere, so that it reads the same in a terminal, a file and the docs. */
const WIDTH = 96;

type Row = readonly [name: string, describe: string];

/** `lastcall stop [options] UNIT`. */
function usageOf(command: Command): string {
  return ['lastcall', command.name, '[options]', ...command.arguments.map(argumentPattern)].join(' ');
}

export function renderCommandHelp(command: Command): string {
  const own = Object.entries(command.options).map(([name, schema]) => optionRow(argumentName(name), schema));
  const settings = command.settings.map((path) => optionRow(argumentName(path), settingOf(path)));
  const global = Object.entries(GLOBAL_OPTIONS).map(([name, schema]) => optionRow(argumentName(name), schema));
  return [
    `Usage: ${usageOf(command)}`,
    '',
    wrap(`${command.summary}.`, WIDTH),
    ...(command.details ?? []).flatMap((paragraph) => ['', wrap(paragraph, WIDTH)]),
    ...section('Arguments', command.arguments.map(argumentRow)),
    ...section('Options', [...own, ...settings, ...global, ['-h, --help', 'Show this help']]),
    ...section(command.examples.length === 1 ? 'Example' : 'Examples', []),
    ...command.examples.flatMap(({ line, does }) => [`  # ${does}`, `  $ ${line}`]),
  ].join('\n');
}

/** @param tagline one line that says what the product is */
export function renderOverview(commands: readonly Pick<Command, 'name' | 'summary'>[], tagline: string): string {
  return [
    'Usage: lastcall COMMAND [options]',
    '',
    tagline,
    ...section(
      'Commands',
      commands.map((command): Row => [command.name, command.summary]),
    ),
    '',
    '`lastcall COMMAND --help` explains a command and has an example. `lastcall --version` prints the version.',
  ].join('\n');
}

function argumentPattern({ name, presence }: ArgumentSchema): string {
  const shown = name.toUpperCase();
  if (presence === 'rest') return `-- ${shown}…`;
  const [open, close] = presence === 'optional' || presence === 'any' ? ['[', ']'] : ['', ''];
  return `${open}${shown}${presence === 'many' || presence === 'any' ? '…' : ''}${close}`;
}

function argumentRow({ name, describe, kind }: ArgumentSchema): Row {
  const choices = kind.type === 'choice' ? ` (${kind.choices.join(', ')})` : '';
  return [name.toUpperCase(), `${describe}${choices}`];
}

function optionRow(
  name: string,
  schema: { kind: ValueKind; describe: string; fallback?: string; repeats?: true },
): Row {
  const placeholder = placeholderOf(schema.kind);
  const fallback = schema.fallback === undefined ? '' : ` (default: ${schema.fallback})`;
  const often = schema.repeats ? '; may be given more than once' : '';
  return [placeholder === '' ? name : `${name} ${placeholder}`, `${schema.describe}${often}${fallback}`];
}

function section(title: string, rows: readonly Row[]): string[] {
  if (rows.length === 0 && !title.startsWith('Example')) return [];
  const width = Math.min(30, Math.max(0, ...rows.map(([name]) => name.length)));
  return ['', `${title}:`, ...rows.flatMap(([name, describe]) => row(name, describe, width))];
}

function row(name: string, describe: string, width: number): string[] {
  const indent = ' '.repeat(width + 4);
  const lines = wrap(describe, WIDTH - indent.length).split('\n');
  if (name.length > width) return [`  ${name}`, ...lines.map((line) => indent + line)];
  return lines.map((line, index) => (index === 0 ? `  ${name.padEnd(width)}  ${line}` : indent + line));
}
