// Options of a scheduler, resolved once into a type without optionals.
import { systemTime, type TimeSource } from './time.ts';
import { DEFAULT_RULES, type Rules } from './core/types.ts';
import type { DeviceChoice } from './engines/local/devices.ts';
import type { SchedulerStore } from './store/port.ts';

export interface SchedulerOptions {
  /** Where the store and the jobs' files are. */
  readonly stateDir: string;
  /** The unit that owns it, named to others who want the same directory. */
  readonly instance: string;
  /** Default: the GPUs of this machine, all of them. */
  readonly devices?: DeviceChoice | undefined;
  /** Ports that may be handed out. Default 20000–20999; null = none. */
  readonly ports?: readonly [number, number] | null | undefined;
  /** How services are reached. Default 127.0.0.1. */
  readonly host?: string | undefined;
  readonly rules?: Partial<Rules> | undefined;
  /** How much more GPU memory than before may be in use when a GPU is called free. Default 256 MiB. */
  readonly gpuToleranceBytes?: number | undefined;
  /** Directory of jobs that name none. Default: the state directory's `work`. */
  readonly cwd?: string | undefined;
  /** What every job gets in its environment below its own. Default: PATH, HOME, USER, LANG, TZ of this process. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Bytes kept of each log. Default 1 GiB. */
  readonly logBytesMax?: number | undefined;
  /** Jobs that are over and kept in history. Default 100,000. */
  readonly historyMax?: number | undefined;
  /** Default: SQLite in the state directory. */
  readonly store?: SchedulerStore | undefined;
  readonly time?: TimeSource | undefined;
  readonly log?: ((event: string, fields: Readonly<Record<string, unknown>>) => void) | undefined;
  /** Called at each step; tests cut the process there. */
  readonly at?: ((point: string) => void) | undefined;
}

export interface ResolvedOptions {
  readonly stateDir: string;
  readonly instance: string;
  readonly devices: DeviceChoice;
  readonly ports: readonly [number, number] | null;
  readonly host: string;
  readonly rules: Rules;
  readonly gpuToleranceBytes: number;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly logBytesMax: number;
  readonly historyMax: number;
  readonly store: SchedulerStore | null;
  readonly time: TimeSource;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly at: (point: string) => void;
}

const PASSED_ON = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH', 'CUDA_HOME'];

export function resolveSchedulerOptions(options: SchedulerOptions): ResolvedOptions {
  const passedOn = PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return {
    stateDir: options.stateDir,
    instance: options.instance,
    devices: options.devices ?? { kind: 'gpus', wanted: null },
    ports: options.ports === undefined ? [20_000, 20_999] : options.ports,
    host: options.host ?? '127.0.0.1',
    rules: { ...DEFAULT_RULES, ...options.rules },
    gpuToleranceBytes: options.gpuToleranceBytes ?? 256 * 2 ** 20,
    cwd: options.cwd ?? `${options.stateDir}/work`,
    environment: options.environment ?? (Object.fromEntries(passedOn) as Record<string, string>),
    logBytesMax: options.logBytesMax ?? 2 ** 30,
    historyMax: options.historyMax ?? 100_000,
    store: options.store ?? null,
    time: options.time ?? systemTime,
    log: options.log ?? (() => {}),
    at: options.at ?? (() => {}),
  };
}
