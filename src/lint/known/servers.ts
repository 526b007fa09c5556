// How long well-known servers wait for their work when they are told to end: from their options, their variables, or what
// they document as the default.
import type { Span } from '../source/source.ts';
import { optionValue } from '../subjects/launch.ts';
import type { Program } from '../subjects/program.ts';
import { goDurationMs, secondsMs } from '../source/durations.ts';

export interface Wait {
  readonly ms: number;
  /** `gunicorn --graceful-timeout`, for the sum. */
  readonly what: string;
  readonly at: Span;
  /** Written in the file; otherwise it is the server's default. */
  readonly isExplicit: boolean;
}

interface Server {
  /** Names of the program, or `-m` modules of Python. */
  readonly programs: readonly string[];
  readonly options: readonly string[];
  readonly variables?: readonly string[];
  readonly defaultMs?: number;
  readonly read?: (text: string) => number | undefined;
}

const SERVERS: readonly Server[] = [
  { programs: ['gunicorn'], options: ['--graceful-timeout'], defaultMs: 30_000 },
  { programs: ['uvicorn'], options: ['--timeout-graceful-shutdown'], variables: ['UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN'] },
  { programs: ['hypercorn'], options: ['--graceful-timeout'], defaultMs: 3_000 },
  { programs: ['tritonserver'], options: ['--exit-timeout-secs'], defaultMs: 30_000 },
  { programs: ['sidekiq'], options: ['--timeout', '-t'], defaultMs: 25_000 },
  {
    programs: ['traefik'],
    options: [
      '--entrypoints.web.transport.lifecycle.gracetimeout',
      '--entrypoints.websecure.transport.lifecycle.gracetimeout',
    ],
  },
  { programs: ['envoy'], options: ['--drain-time-s'] },
  {
    programs: ['cloud-sql-proxy', 'cloud_sql_proxy'],
    options: ['--max-sigterm-delay', '-term_timeout', '--term_timeout'],
  },
  { programs: ['nginx-ingress-controller'], options: ['--shutdown-grace-period'] },
];

/** Variables whose name leaves no doubt; plain numbers below 1,000 are seconds. */
const VARIABLES =
  /^(?:[A-Z0-9]+_)*(?:GRACEFUL_SHUTDOWN_TIMEOUT|SHUTDOWN_GRACE_PERIOD|GRACEFUL_TIMEOUT|SHUTDOWN_TIMEOUT|DRAIN_TIMEOUT|TERMINATION_DRAIN_DURATION|SHUTDOWNTIMEOUT|TIMEOUT_PER_SHUTDOWN_PHASE|SHUTDOWN_GRACE_TIMEOUT)(?:_?(MS|MILLIS|SECONDS|SECS|S))?$/i;

/** The program that a launch is about: `python -m uvicorn` is uvicorn. */
export function serverName(program: Program): string {
  const { launch } = program;
  if (!launch) return '';
  if (launch.program === 'python') return optionValue(launch.args, '-m')?.split('.')[0] ?? launch.program;
  return launch.program;
}

/** How long the program waits for its own work, if the files or its documentation say so. */
export function waitOf(program: Program): Wait | undefined {
  return optionWait(program) ?? variableWait(program);
}

function optionWait(program: Program): Wait | undefined {
  const name = serverName(program);
  const server = SERVERS.find(({ programs }) => programs.includes(name));
  if (!server) return undefined;
  const words = wordsOf(program, name);
  const text = optionValue(words, ...server.options);
  const ms = text === undefined ? undefined : secondsMs(text);
  if (ms !== undefined) return { ms, what: `${name} ${server.options[0]!}`, at: program.launchSpan, isExplicit: true };
  if (text !== undefined) return undefined;
  for (const variable of server.variables ?? []) {
    const given = program.environment.get(variable);
    const fromVariable = secondsMs(given?.value);
    if (given && fromVariable !== undefined)
      return { ms: fromVariable, what: variable, at: given.span, isExplicit: true };
  }
  // A file of settings may say something else than the default.
  const hasConfig = optionValue(words, '-c', '--config', '-C') !== undefined;
  if (server.defaultMs === undefined || hasConfig) return undefined;
  return { ms: server.defaultMs, what: `${name}'s default`, at: program.launchSpan, isExplicit: false };
}

/** The words after the program, and what gunicorn takes from its variable. */
export function wordsOf(program: Program, name: string): readonly string[] {
  const words = program.launch?.args ?? [];
  const more = name === 'gunicorn' ? (program.environment.get('GUNICORN_CMD_ARGS')?.value?.split(/\s+/) ?? []) : [];
  return [...words, ...more];
}

function variableWait(program: Program): Wait | undefined {
  let longest: Wait | undefined;
  for (const [name, { value, span }] of program.environment) {
    const match = VARIABLES.exec(name);
    if (!match || value === undefined) continue;
    const ms = variableMs(value, match[1]?.toUpperCase());
    if (ms !== undefined && ms > (longest?.ms ?? -1)) longest = { ms, what: name, at: span, isExplicit: true };
  }
  return longest;
}

function variableMs(value: string, unit: string | undefined): number | undefined {
  if (!/^\d+(?:\.\d+)?$/.test(value.trim())) return goDurationMs(value);
  const number = Number(value);
  if (unit?.startsWith('M')) return number;
  return number < 1_000 || unit !== undefined ? number * 1_000 : number;
}
