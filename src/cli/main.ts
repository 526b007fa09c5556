// The `lastcall` command: finds the command in the table, reads the words, resolves settings, runs it, and turns what
// it throws into a message and an exit code. Commands are loaded one by one, so that starting costs little.
import { LastcallError } from '../base/errors.ts';
import { resolveSettings, suggestion } from '../options/index.ts';
import type { Command } from './command.ts';
import { asLastcallError, renderFailure } from './failure.ts';
import { createOutput } from './output.ts';
import { SETTINGS, settingsView } from './settings.ts';
import { COMMANDS, type TableEntry } from './table.ts';
import { version } from './version.ts';

const TAGLINE = 'Bring ML workloads down without losing work: see them, end them in order, prove it.';
const EXIT_USAGE = 2;

/**
 * Runs one command. Sets `process.exitCode` and returns, so that pipes are flushed by the loop running empty.
 * @param argv the words after `lastcall`
 */
export async function main(argv: readonly string[]): Promise<void> {
  endQuietlyWhenNobodyReads();
  try {
    process.exitCode = await dispatch(argv);
  } catch (error) {
    const failure = asLastcallError(error);
    const own = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length);
    const options = { json: own.includes('--json'), debug: own.includes('--debug') };
    process.stderr.write(`${renderFailure(failure, options)}\n`);
    process.exitCode = failure.exitCode;
  }
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const first = argv[0];
  if (first === '--version' || first === '-V') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  if (first === undefined || first === '--help' || first === '-h' || first === 'help')
    return overview(argv.slice(1), first);
  const entry = longestMatch(argv);
  if (!entry) return unknownCommand(argv);
  return runCommand(await entry.load(), argv.slice(entry.name.split(' ').length));
}

async function runCommand(command: Command, words: readonly string[]): Promise<number> {
  const { parseWords } = await import('./parse.ts');
  const parsed = parseWords(command, words);
  if (parsed.wantsHelp) {
    const { renderCommandHelp } = await import('./help.ts');
    process.stdout.write(`${renderCommandHelp(command)}\n`);
    return 0;
  }
  const format = parsed.globals['json'] === true ? 'json' : 'people';
  const output = createOutput(format, { stdout: process.stdout, stderr: process.stderr, environment: process.env });
  const settings = settingsView(
    resolveSettings(SETTINGS, {
      arguments: parsed.settings,
      environment: command.settings.length === 0 ? {} : process.env,
      file: command.settings.length === 0 ? [] : await fileEntries(parsed.globals['config'] as string | undefined),
    }),
  );
  return command.run({ arguments: parsed.arguments as never, options: parsed.options as never, settings, output });
}

/** The leaves of lastcall.yaml. The YAML parser is loaded only if there is such a file. */
async function fileEntries(named: string | undefined): Promise<ReturnType<typeof readConfigFile>> {
  const { findConfigFile } = await import('./find-config.ts');
  const path = named ?? (process.env['LASTCALL_CONFIG'] || findConfigFile(process.cwd()));
  if (!path) return [];
  const { readConfigFile } = await import('./config-file.ts');
  return readConfigFile(path, process.cwd());
}

/** `lastcall help`, `lastcall --help`, and no word at all, which is a mistake but wants the same answer. */
async function overview(rest: readonly string[], first: string | undefined): Promise<number> {
  const { renderCommandHelp, renderOverview } = await import('./help.ts');
  if (first === 'help' && rest.length > 0) {
    const entry = longestMatch(rest);
    if (!entry) return unknownCommand(rest);
    process.stdout.write(`${renderCommandHelp(await entry.load())}\n`);
    return 0;
  }
  const text = renderOverview(await Promise.all(COMMANDS.map((entry) => entry.load())), TAGLINE);
  (first === undefined ? process.stderr : process.stdout).write(`${text}\n`);
  return first === undefined ? EXIT_USAGE : 0;
}

/** `stream run` wins over a command called `stream`. */
function longestMatch(words: readonly string[]): TableEntry | undefined {
  return [2, 1].map((length) => COMMANDS.find(({ name }) => name === words.slice(0, length).join(' '))).find(Boolean);
}

async function unknownCommand(words: readonly string[]): Promise<number> {
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${words[0]} `));
  const isOption = words[0]!.startsWith('-');
  if (group.length === 0) {
    throw new LastcallError('usage', {
      what: isOption ? 'options come after a command' : 'there is no such command',
      on: words[0],
      todo: suggestion(
        words[0]!,
        COMMANDS.map(({ name }) => name),
        '`lastcall --help` lists the commands.',
      ),
    });
  }
  const asked = words[1] === '--help' || words[1] === '-h';
  if (words[1] === undefined || asked) {
    const { renderOverview } = await import('./help.ts');
    const text = renderOverview(await Promise.all(group.map((entry) => entry.load())), TAGLINE);
    (asked ? process.stdout : process.stderr).write(`${text}\n`);
    return asked ? 0 : EXIT_USAGE;
  }
  const names = group.map(({ name }) => name);
  throw new LastcallError('usage', {
    what: 'there is no such command',
    on: words.slice(0, 2).join(' '),
    todo: suggestion(words.slice(0, 2).join(' '), names, `The group has: ${names.join(', ')}.`),
  });
}

/** `lastcall ps | head -1` closes our stdout early; that is no error of ours. */
function endQuietlyWhenNobodyReads(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
