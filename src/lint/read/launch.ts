// A command line → its launch: inits, wrappers that exec, shells, package managers and runners are taken off until the
// program is left that the ending is about.
import type { Launch, Manager, ShellStart } from '../subjects/launch.ts';
import { readShell, type Script, type SimpleCommand } from './shell.ts';

const INITS = new Set([
  'tini',
  'tini-static',
  'dumb-init',
  'catatonit',
  'my_init',
  's6-svscan',
  's6-overlay',
  'docker-init',
  'pid1',
  'yelp-init',
  'supervisord',
  'runsvdir',
  'runit',
  'multirun',
  'nodeinit',
  'systemd',
  'aws-lambda-rie',
  'chaperone',
  'go-init',
  'simple-init',
]);
const SHELLS = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh']);
const MANAGERS: Readonly<Record<string, Manager>> = { npm: 'npm', yarn: 'yarn', pnpm: 'pnpm', npx: 'npx' };

/** Programs that become the one they are given; the number says how many operands stand before that one. */
const EXECS: Readonly<Record<string, number>> = {
  exec: 0,
  env: 0,
  nice: 0,
  nohup: 0,
  ionice: 0,
  stdbuf: 0,
  setpriv: 0,
  numactl: 0,
  chrt: 0,
  setsid: 0,
  command: 0,
  gosu: 1,
  'su-exec': 1,
  chpst: 0,
  's6-setuidgid': 1,
  'with-contenv': 0,
  chroot: 1,
};

/** Runners that become, or faithfully stand for, the command after their own words. */
const RUNNERS: readonly (readonly string[])[] = [
  ['poetry', 'run'],
  ['pipenv', 'run'],
  ['pdm', 'run'],
  ['rye', 'run'],
  ['hatch', 'run'],
  ['uv', 'run'],
  ['pixi', 'run'],
  ['bundle', 'exec'],
  ['opentelemetry-instrument'],
  ['ddtrace-run'],
  ['newrelic-admin', 'run-program'],
  ['dotenv', '--'],
  ['doppler', 'run', '--'],
  ['lastcall', 'run'],
];
/** Options of wrappers and runners that take a word after them. */
const TAKING = new Set([
  '-n',
  '-u',
  '-c',
  '-g',
  '--reuid',
  '--regid',
  '-p',
  '--project',
  '--directory',
  '--env-file',
  '--with',
  '--extra',
  '-o',
  '-e',
  '--preferred',
  '--cpunodebind',
  '--membind',
]);
const STEPS_MAX = 12;

export interface Beside {
  /** Text of a script that the image or the unit runs, if it lies beside the file that is read. */
  script(path: string): string | undefined;
}

const NOTHING_BESIDE: Beside = { script: () => undefined };

/** The launch of an argument list. */
export function readLaunch(argv: readonly string[], form: Launch['form'], beside: Beside = NOTHING_BESIDE): Launch {
  const plan: Plan = { init: false, shell: null, manager: null };
  const words = form === 'shell-form' ? follow(['sh', '-c', argv.join(' ')], plan, beside) : follow(argv, plan, beside);
  const program = programName(words[0] ?? '');
  return { argv, form, ...plan, program, args: words.slice(1) };
}

interface Plan {
  init: boolean;
  shell: ShellStart | null;
  manager: Manager | null;
}

/** Takes off one layer after the other. */
function follow(argv: readonly string[], plan: Plan, beside: Beside): readonly string[] {
  let words = argv;
  for (let step = 0; step < STEPS_MAX && words.length > 0; step++) {
    const name = programName(words[0]!);
    const runner = RUNNERS.find((parts) => parts.every((part, index) => (index === 0 ? name : words[index]) === part));
    if (INITS.has(name) || words[0] === '/init') {
      plan.init = true;
      if (name === 'supervisord' || words.length === 1) return words;
      words = afterOptions(words.slice(1));
    } else if (SHELLS.has(name)) {
      const shell = shellStart(words, beside);
      if (!shell) return words;
      plan.shell ??= shell;
      if (!shell.last) return [];
      words = shell.last.words;
    } else if (name in EXECS) {
      words = afterOptions(words.slice(1)).slice(EXECS[name]);
      while (/^[A-Za-z_]\w*=/.test(words[0] ?? '')) words = words.slice(1);
    } else if (/^[A-Za-z_]\w*=/.test(words[0]!)) words = words.slice(1);
    else if (name === 'lastcall' && runner) return words;
    else if (runner) words = afterOptions(words.slice(runner.length));
    else if (name in MANAGERS) {
      plan.manager ??= managerOf(name, words);
      return words;
    } else {
      const shell = scriptStart(words, beside);
      if (!shell) return words;
      plan.shell ??= shell;
      if (!shell.last || isArguments(shell.last)) words = shell.last ? words.slice(1) : [];
      else words = shell.last.words;
    }
  }
  return words;
}

/** `npm install` ends by itself; only what goes on running matters. */
function managerOf(name: string, words: readonly string[]): Manager | null {
  const verb = words.slice(1).find((word) => !word.startsWith('-'));
  if (name === 'npx') return 'npx';
  const scripts = ['start', 'run', 'run-script', 'exec', 'dev', 'serve', 'preview', 'dlx', 'production', 'develop'];
  if (verb === undefined) return null;
  if (name === 'yarn') return ['install', 'add', 'build', 'test', 'cache', 'config'].includes(verb) ? null : 'yarn';
  return scripts.includes(verb) ? MANAGERS[name]! : null;
}

function afterOptions(words: readonly string[]): readonly string[] {
  let at = 0;
  while (at < words.length && words[at]!.startsWith('-') && words[at] !== '-') {
    if (words[at] === '--') return words.slice(at + 1);
    at += TAKING.has(words[at]!) ? 2 : 1;
  }
  return words.slice(at);
}

/** `sh -c TEXT` or `sh SCRIPT`. */
function shellStart(words: readonly string[], beside: Beside): ShellStart | undefined {
  let at = 1;
  let isText = false;
  // Options may go on after -c: the text is the first word that is none.
  for (; at < words.length && /^[-+]./.test(words[at]!); at++) {
    const option = words[at]!;
    if (option === '--') {
      at += 1;
      break;
    }
    if (/^-[a-z]*c[a-z]*$/.test(option)) isText = true;
    if (/^[-+][a-z]*o$/.test(option)) at += 1;
  }
  const path = words[at];
  if (path === undefined) return undefined;
  if (isText) return startOf(readShell(path), undefined, programName(words[0]!));
  const text = beside.script(path);
  return text === undefined ? undefined : startOf(readShell(text), path, programName(words[0]!));
}

/** A script that is run by its own first line. */
function scriptStart(words: readonly string[], beside: Beside): ShellStart | undefined {
  const path = words[0]!;
  const text = beside.script(path);
  if (text === undefined || !/^#!.*\b(?:sh|bash|dash|ash)\b/.test(text.slice(0, 100))) return undefined;
  return startOf(readShell(text), path, 'sh');
}

function startOf(script: Script, path: string | undefined, name: string): ShellStart {
  const last = script.commands.findLast(({ words }) => !isHarmless(words));
  const foreground = last?.then === '&' ? undefined : last;
  return {
    name,
    script,
    path,
    last,
    execs: foreground?.words[0] === 'exec' && foreground.then !== '|',
    traps: script.commands.some(
      ({ words }) => words[0] === 'trap' && words.some((word) => /TERM|INT|EXIT|^15$|^0$/.test(word)),
    ),
    background: script.commands.some(({ then }) => then === '&'),
  };
}

/** `"$@"`: the script becomes, or runs, the words that come after it. */
function isArguments({ words }: SimpleCommand): boolean {
  const rest = words[0] === 'exec' ? words.slice(1) : words;
  return rest.some((word) => word === '$@' || word === '${@}' || word === '$*');
}

/** What runs for no time and is never the main program. */
function isHarmless(words: readonly string[]): boolean {
  return (
    ['echo', 'exit', 'true', ':', 'printf', 'return', 'wait', 'export', 'set', 'unset', 'shift', 'local'].includes(
      words[0]!,
    ) || words.every((word) => /^[A-Za-z_]\w*=/.test(word))
  );
}

/** Base name in lower case, without the version that interpreters carry. */
export function programName(word: string): string {
  const base = word.slice(word.lastIndexOf('/') + 1).toLowerCase();
  return base.replace(/^(python|pip|ruby|php|perl|java|node|nodejs)[\d.]*$/, '$1').replace(/^nodejs$/, 'node');
}
