// Reads what was given to `lastcall run` into a plan. Everything is checked here, with the field named, so that a mistake
// is found at the start and not at the end.
import { constants } from 'node:os';
import { basename } from 'node:path';
import { durationMs } from '../../base/duration.ts';
import { LastcallError } from '../../base/errors.ts';
import { suggestion } from '../../base/nearest.ts';
import type { UnitOptions } from '../../lifecycle/index.ts';
import { parseHealthPaths } from '../front/health-paths.ts';
import type { Rung } from '../ownership/tree.ts';
import { checkBudgets } from './budgets.ts';
import { RESTART_DEFAULTS, type RestartRule } from './core/restart.ts';
import { parseDeregistration } from './deregister/deregistration.ts';
import { parseNotice } from './notices/source.ts';
import type { Plan } from './plan.ts';
import { parseProbe, type Probe } from './probe/probe.ts';
import type { CommandSpec, StopRule } from './supervised.ts';
import { commandWords } from './command-words.ts';

/** As given: durations in milliseconds, everything else as text where nothing better is said. undefined: not given. */
export interface RunOptions {
  readonly command: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
  /** Options of the unit: grace, health port and the like. */
  readonly unit: UnitOptions;
  readonly name?: string | undefined;
  readonly ready?: string | undefined;
  readonly readyWithinMs?: number | undefined;
  readonly live?: string | undefined;
  readonly restart?: RestartRule | undefined;
  readonly appPort?: number | undefined;
  /** Addresses of the front. */
  readonly listen?: readonly string[] | undefined;
  /** Where the command listens, if not on a port of 127.0.0.1: `host:port` or `unix:/path`. */
  readonly app?: string | undefined;
  readonly taskLog?: string | undefined;
  /** `NAME=PATH` or `NAME=off` each. */
  readonly healthPath?: readonly string[] | undefined;
  readonly whenDraining?: 'answer' | 'close' | undefined;
  readonly frontWaitMs?: number | undefined;
  readonly trustedHops?: number | undefined;
  readonly stopSignal?: string | undefined;
  readonly then?: string | undefined;
  readonly announceCapMs?: number | undefined;
  readonly drainCapMs?: number | undefined;
  readonly extendMaxMs?: number | undefined;
  readonly extendFile?: string | undefined;
  readonly drainUntil?: string | undefined;
  readonly drainCmd?: string | undefined;
  /** `NAME=COMMAND` each. */
  readonly companions?: readonly string[] | undefined;
  /** `NAME=PROBE` each. */
  readonly companionReady?: readonly string[] | undefined;
  readonly companionDeath?: 'report' | 'end' | undefined;
  readonly notice?: string | undefined;
  readonly deregister?: readonly string[] | undefined;
  readonly onExit?: string | undefined;
  readonly rung?: Rung | undefined;
  readonly memoryMax?: string | undefined;
  readonly pidsMax?: number | undefined;
  readonly foreground: boolean;
  readonly stdoutIsOurs: boolean;
}

const READY_WITHIN_MS = 300_000;
const EXTEND_MAX_MS = 300_000;

/** @throws LastcallError `usage` */
export function planOf(options: RunOptions): Plan {
  const appPort = options.appPort ?? null;
  const stop = stopRule(options);
  const announceCap = options.announceCapMs;
  const extension = options.extendMaxMs ?? EXTEND_MAX_MS;
  checkBudgets(options, stop);
  const main: CommandSpec = {
    name: 'command',
    argv: options.command,
    ready: readyProbe(options, appPort),
    readyWithinMs: options.readyWithinMs ?? READY_WITHIN_MS,
    live: optional(options.live, (text) => askedOnly(parseProbe(text, appPort, '--live'), '--live')),
    restart: { rule: options.restart ?? 'never', ...RESTART_DEFAULTS },
    stop,
  };
  return {
    name: options.name ?? basename(options.command[0]),
    nameGiven: options.name !== undefined,
    main,
    companions: companionsOf(options),
    companionDeath: options.companionDeath ?? 'report',
    rung: options.rung ?? null,
    limits: {
      memoryBytes: optional(options.memoryMax, (text) => bytesOf(text, '--memory-max')),
      processes: options.pidsMax ?? null,
    },
    foreground: options.foreground,
    stdoutIsOurs: options.stdoutIsOurs,
    appPort,
    front: frontOf(options),
    drainUntil: drainProbe(options, appPort),
    deregister: (options.deregister ?? []).map((text) =>
      parseDeregistration(text, '--deregister', options.environment),
    ),
    notice: optional(options.notice, (text) => parseNotice(text, '--notice')),
    onExit: optional(options.onExit, (text) => commandWords(text, '--on-exit')),
    extendFile: options.extendFile ?? null,
    environment: options.environment,
    unit: {
      kind: 'command',
      ...(options.listen?.length ? { workOf: 'requests' } : {}),
      drainExtension: extension,
      persistExtension: extension,
      ...(announceCap === undefined ? {} : { announceCap }),
      ...(options.drainCapMs === undefined ? {} : { drainCap: options.drainCapMs }),
      ...options.unit,
    },
  };
}

/** Behind a front the port has to answer before anything is sent there; else it is ready once it is started. */
function readyProbe({ ready, listen }: RunOptions, appPort: number | null): Probe | null {
  if (ready !== undefined) return parseProbe(ready, appPort, '--ready');
  return listen?.length && appPort !== null ? { kind: 'tcp', host: '127.0.0.1', port: appPort } : null;
}

function frontOf(options: RunOptions): Plan['front'] {
  const { listen = [], app, appPort, taskLog, healthPath = [], whenDraining, frontWaitMs, trustedHops } = options;
  if (listen.length === 0) {
    const alone = aloneWithoutFront(options);
    if (alone !== undefined) throw wrong('it is for a front, and there is none', alone, 'Give --listen as well.');
    return null;
  }
  const where = app ?? (appPort === undefined ? null : String(appPort));
  if (where === null) throw wrong('nobody said where the command listens', '--listen', 'Give --app-port or --app.');
  return {
    listen,
    app: where,
    taskLog: taskLog ?? null,
    more: {
      paths: parseHealthPaths(healthPath, '--health-path'),
      ...(whenDraining === undefined ? {} : { whenDraining }),
      ...(frontWaitMs === undefined ? {} : { wait: frontWaitMs }),
      ...(trustedHops === undefined ? {} : { trustedHops }),
    },
  };
}

/** An option that was given and says something of a front. */
function aloneWithoutFront(options: RunOptions): string | undefined {
  const given = {
    '--app': options.app,
    '--task-log': options.taskLog,
    '--health-path': options.healthPath?.[0],
    '--when-draining': options.whenDraining,
    '--front-wait': options.frontWaitMs,
    '--trusted-hops': options.trustedHops,
  };
  return Object.entries(given).find(([, value]) => value !== undefined)?.[0];
}

function optional<Value>(text: string | undefined, read: (text: string) => Value): Value | null {
  return text === undefined ? null : read(text);
}

function stopRule({ stopSignal = 'SIGTERM', then }: RunOptions): StopRule {
  const signal = signalOf(stopSignal, '--stop-signal');
  if (then === undefined) return { signal, then: null };
  const [, name, after] = /^(\S+)(?:\s+after)?\s+(\S+)$/.exec(then.trim()) ?? [];
  if (name === undefined || after === undefined) {
    throw wrong(`${JSON.stringify(then)} is no second step`, '--then', 'Write it as "SIGINT after 20s".');
  }
  return { signal, then: { signal: signalOf(name, '--then'), afterMs: durationMs(after, '--then') } };
}

/** `SIGTERM`, `TERM` or `term`. */
function signalOf(text: string, on: string): NodeJS.Signals {
  const name = text.toUpperCase();
  const full = name.startsWith('SIG') ? name : `SIG${name}`;
  if (full === 'SIGKILL' || full === 'SIGSTOP') {
    throw wrong(`${full} asks nobody to end`, on, 'The kill comes by itself when the time is up; name another signal.');
  }
  if (Object.hasOwn(constants.signals, full)) return full as NodeJS.Signals;
  throw wrong(
    `${JSON.stringify(text)} is no signal`,
    on,
    suggestion(full, Object.keys(constants.signals), 'See kill -l.'),
  );
}

function companionsOf(options: RunOptions): readonly CommandSpec[] {
  const ready = new Map((options.companionReady ?? []).map((text) => named(text, '--with-ready', 'NAME=PROBE')));
  const specs = (options.companions ?? []).map((text): CommandSpec => {
    const [name, command] = named(text, '--with', 'NAME=COMMAND');
    const probe = ready.get(name);
    ready.delete(name);
    return {
      name,
      argv: commandWords(command, `--with ${name}`),
      ready: optional(probe, (given) => parseProbe(given, null, `--with-ready ${name}`)),
      readyWithinMs: options.readyWithinMs ?? READY_WITHIN_MS,
      live: null,
      restart: { rule: 'never', ...RESTART_DEFAULTS },
      stop: { signal: 'SIGTERM', then: null },
    };
  });
  const names = specs.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index || name === 'command');
  if (twice !== undefined) throw wrong('this name is taken', `--with ${twice}`, 'Give each companion one of its own.');
  const [unused] = ready.keys();
  if (unused !== undefined) {
    throw wrong(
      'there is no such companion',
      `--with-ready ${unused}`,
      suggestion(unused, names, 'Name one of --with.'),
    );
  }
  return specs;
}

function named(text: string, on: string, form: string): [name: string, value: string] {
  const [, name, value] = /^([\w.-]+)=(.+)$/s.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw wrong(`${JSON.stringify(text)} has no name`, on, `Write ${form}; names have letters, digits, -, _ and dots.`);
}

function askedOnly(probe: Probe, on: string): Exclude<Probe, { kind: 'log' | 'control' }> {
  if (probe.kind !== 'log' && probe.kind !== 'control') return probe;
  throw wrong(`a ${probe.kind} probe cannot be asked again and again`, on, 'Use http:, tcp:, cmd: or file:.');
}

function drainProbe({ drainUntil, drainCmd }: RunOptions, appPort: number | null): Plan['drainUntil'] {
  if (drainUntil !== undefined && drainCmd !== undefined) {
    throw wrong('--drain-until says the same thing', '--drain-cmd', 'Give one of the two.');
  }
  if (drainCmd !== undefined) return { kind: 'cmd', argv: commandWords(drainCmd, '--drain-cmd') };
  if (drainUntil === undefined) return null;
  return askedOnly(parseProbe(drainUntil, appPort, '--drain-until'), '--drain-until');
}

const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `512M`, `4G`, `4GiB`. */
function bytesOf(text: string, on: string): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i.exec(text) ?? [];
  const bytes = Number(count) * (BYTE_UNITS[unit.toUpperCase()] ?? NaN);
  if (Number.isFinite(bytes) && bytes >= 1) return Math.floor(bytes);
  throw wrong(`${JSON.stringify(text)} is no size`, on, 'Write it as 512M or 4G.');
}

function wrong(what: string, on: string, todo: string): LastcallError {
  return new LastcallError('usage', { what, on, todo });
}
