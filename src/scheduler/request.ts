// What a submitter asks for, resolved once into a job: defaults filled in, every field checked and named in the error.
import { durationMs, type DurationInput } from '../base/duration.ts';
import { LastcallError } from '../base/errors.ts';
import type { Command, JobSpec } from './core/types.ts';

export interface CommandRequest {
  /** A program with its arguments, never a shell line. */
  readonly argv: readonly string[];
  /** Directory on the server. Default: the server's default. */
  readonly cwd?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

export interface JobRequest extends CommandRequest {
  readonly name?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Per replica. Default: 0, or 1 where the pool consists of declared slots. */
  readonly gpus?: number | undefined;
  /** Per replica. Default 0: not counted. */
  readonly cpus?: number | undefined;
  /** Per replica. Default 0: not counted. */
  readonly memoryBytes?: number | undefined;
  readonly ports?: readonly string[] | undefined;
  /** Gang: so many at once, or none. Default 1. */
  readonly replicas?: number | undefined;
  /** −1,000 … 1,000, larger first. Default 0. */
  readonly priority?: number | undefined;
  readonly after?: readonly { readonly job: string; readonly on?: 'success' | 'any' | undefined }[] | undefined;
  readonly retries?: number | undefined;
  /** First pause before a retry; doubles each time. Default 10 s. */
  readonly backoff?: DurationInput | undefined;
  readonly timeout?: DurationInput | undefined;
  /** From the stop signal to the kill. Default 30 s. */
  readonly grace?: DurationInput | undefined;
  readonly with?: readonly ({ readonly name: string } & CommandRequest)[] | undefined;
  /** Makes it a service. */
  readonly readiness?:
    | {
        readonly http?: string | null | undefined;
        /** Default 1 s. */
        readonly every?: DurationInput | undefined;
        /** Default 10 min. */
        readonly within?: DurationInput | undefined;
      }
    | undefined;
  /** Whether it may be asked to save and make room. Default true. */
  readonly preemptible?: boolean | undefined;
  /** Attached: the client renews a lease. Default: detached. */
  readonly lease?:
    | { readonly ttl?: DurationInput | undefined; readonly onLoss?: 'cancel' | 'detach' | undefined }
    | undefined;
  /** Held back while queued if nobody asks for it for so long. */
  readonly interest?: DurationInput | undefined;
  /** So many jobs of the same kind, with LASTCALL_ARRAY_INDEX from 0. */
  readonly array?: { readonly count: number; readonly atOnce?: number | undefined } | undefined;
  readonly template?: string | undefined;
  readonly schedule?: string | undefined;
}

export interface RequestDefaults {
  readonly gpus: number;
  readonly cwd: string;
  /** Environment that every job gets below its own. */
  readonly environment: Readonly<Record<string, string>>;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const LIMITS = {
  argv: 4_096,
  text: 128 * 1024,
  environment: 1_000,
  labels: 64,
  companions: 16,
  ports: 64,
  after: 256,
  replicas: 1_024,
  array: 10_000,
  gpus: 100_000,
};
const LEASE_MS = 30_000;
const GRACE_MS = 30_000;
const GRACE_MS_MAX = 24 * 3_600_000;
const BACKOFF_MS = 10_000;
const BACKOFF_MS_MAX = 3_600_000;

/** @throws LastcallError `usage` that names the field */
export function resolveRequest(owner: string, request: JobRequest, defaults: RequestDefaults): JobSpec {
  const companions = list(request.with, 'with', LIMITS.companions).map((companion, index) => {
    named(companion.name, `with[${index}].name`);
    return { name: companion.name, command: resolveCommand(companion, defaults, `with[${index}].`) };
  });
  unique(
    companions.map(({ name }) => name),
    'with',
  );
  const ports = list(request.ports, 'ports', LIMITS.ports);
  for (const [index, port] of ports.entries()) {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(port))
      throw wrong(`ports[${index}]`, port, 'Name it with letters, digits and _, such as HTTP.');
  }
  unique(ports, 'ports');
  if (request.readiness && ports.length === 0) {
    throw wrong('readiness', request.readiness, 'A service needs a port: name one in ports, such as HTTP.');
  }
  return {
    name: request.name ?? (request.argv[0] ?? 'job').split('/').at(-1)!.slice(0, 63),
    owner,
    labels: checkedLabels(request.labels ?? {}),
    command: resolveCommand(request, defaults, ''),
    companions,
    request: {
      gpus: whole(request.gpus ?? defaults.gpus, 'gpus', 0, LIMITS.gpus),
      cpus: whole(request.cpus ?? 0, 'cpus', 0, 1_000_000),
      memoryBytes: whole(request.memoryBytes ?? 0, 'memoryBytes', 0, Number.MAX_SAFE_INTEGER),
      ports,
    },
    replicas: whole(request.replicas ?? 1, 'replicas', 1, LIMITS.replicas),
    priority: whole(request.priority ?? 0, 'priority', -1_000, 1_000),
    after: list(request.after, 'after', LIMITS.after).map(({ job, on }) => ({ job, on: on ?? 'success' })),
    retries: {
      max: whole(request.retries ?? 0, 'retries', 0, 1_000),
      backoffMs: durationMs(request.backoff ?? BACKOFF_MS, 'backoff'),
      backoffMsMax: BACKOFF_MS_MAX,
    },
    timeoutMs: request.timeout === undefined ? null : durationMs(request.timeout, 'timeout'),
    graceMs: Math.min(GRACE_MS_MAX, durationMs(request.grace ?? GRACE_MS, 'grace')),
    readiness: request.readiness
      ? {
          http: checkedPath(request.readiness.http ?? null),
          everyMs: Math.max(10, durationMs(request.readiness.every ?? 1_000, 'readiness.every')),
          withinMs: durationMs(request.readiness.within ?? 600_000, 'readiness.within'),
        }
      : null,
    preemptible: request.preemptible ?? true,
    lease: request.lease
      ? {
          ttlMs: Math.max(1_000, durationMs(request.lease.ttl ?? LEASE_MS, 'lease.ttl')),
          onLoss: request.lease.onLoss ?? 'cancel',
        }
      : null,
    interestMs: request.interest === undefined ? null : durationMs(request.interest, 'interest'),
    array: null,
    template: request.template ?? null,
    schedule: request.schedule ?? null,
  };
}

/** The jobs of an array, or the one job. */
export function expand(spec: JobSpec, array: JobRequest['array'], id: string): readonly JobSpec[] {
  if (!array) return [spec];
  const count = whole(array.count, 'array.count', 1, LIMITS.array);
  const atOnceMax = whole(array.atOnce ?? count, 'array.atOnce', 1, LIMITS.array);
  return Array.from({ length: count }, (_, index) => ({ ...spec, array: { id, index, atOnceMax } }));
}

function resolveCommand(request: CommandRequest, defaults: RequestDefaults, on: string): Command {
  const { argv, cwd } = request;
  if (!Array.isArray(argv) || argv.length === 0 || argv[0] === '') {
    throw wrong(`${on}argv`, argv, 'Give the program and its arguments as a list.');
  }
  if (argv.length > LIMITS.argv) throw wrong(`${on}argv`, argv.length, `At most ${LIMITS.argv} words.`);
  for (const [index, word] of argv.entries()) checkedText(word, `${on}argv[${index}]`);
  const directory = cwd ?? defaults.cwd;
  checkedText(directory, `${on}cwd`);
  if (!directory.startsWith('/')) throw wrong(`${on}cwd`, cwd, 'Give a whole path on the server, such as /srv/train.');
  const environment = { ...defaults.environment, ...request.environment };
  if (Object.keys(environment).length > LIMITS.environment) {
    throw wrong(`${on}environment`, Object.keys(environment).length, `At most ${LIMITS.environment} variables.`);
  }
  for (const [name, value] of Object.entries(environment)) {
    if (name === '' || /[=\0]/.test(name)) throw wrong(`${on}environment`, name, 'A name has no = and no NUL.');
    checkedText(value, `${on}environment.${name}`);
  }
  return { argv, cwd: directory, environment };
}

function checkedText(text: unknown, on: string): void {
  if (typeof text !== 'string') throw wrong(on, text, 'Give it as text.');
  if (text.includes('\0')) throw wrong(on, text.slice(0, 40), 'No process can be given a NUL character: leave it out.');
  if (text.length > LIMITS.text) throw wrong(on, `${text.slice(0, 40)}…`, `At most ${LIMITS.text} characters.`);
}

function checkedLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(labels);
  if (entries.length > LIMITS.labels) throw wrong('labels', entries.length, `At most ${LIMITS.labels}.`);
  for (const [name, value] of entries) {
    named(name, `labels.${name}`);
    if (typeof value !== 'string' || value.length > 256)
      throw wrong(`labels.${name}`, value, 'At most 256 characters of text.');
  }
  return labels;
}

function checkedPath(path: string | null): string | null {
  if (path === null || (path.startsWith('/') && !/[\s\0]/.test(path))) return path;
  throw wrong('readiness.http', path, 'Give a path such as /health.');
}

function named(name: unknown, on: string): void {
  if (typeof name !== 'string' || !NAME.test(name))
    throw wrong(on, name, 'Letters, digits, dot, dash and underscore, at most 63.');
}

function whole(value: unknown, on: string, least: number, most: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw wrong(on, value, `Give a whole number from ${least} to ${most}.`);
}

function list<Item>(items: readonly Item[] | undefined, on: string, most: number): readonly Item[] {
  if (items === undefined) return [];
  if (!Array.isArray(items) || items.length > most) throw wrong(on, items.length, `Give a list of at most ${most}.`);
  return items;
}

function unique(names: readonly string[], on: string): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw wrong(on, twice, 'Give each a name of its own.');
}

function wrong(on: string, value: unknown, todo: string): LastcallError {
  const shown = JSON.stringify(value) ?? 'nothing';
  return new LastcallError('usage', { what: `${shown.slice(0, 200)} cannot be used`, on, todo });
}
