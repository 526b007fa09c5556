// From the words of `lastcall submit` to the request that the server takes.
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { LastcallError, messageOf } from '../../base/errors.ts';
import { splitWords } from '../../base/words.ts';
import type { WireJob } from '../../server/index.ts';

export interface SubmitWords {
  readonly name: string | undefined;
  readonly gpus: number | undefined;
  readonly cpus: number | undefined;
  readonly memory: string | undefined;
  readonly port: readonly string[];
  readonly priority: number | undefined;
  readonly label: readonly string[];
  readonly env: readonly string[];
  readonly envFrom: string | undefined;
  readonly cwd: string | undefined;
  readonly after: readonly string[];
  readonly afterAny: readonly string[];
  readonly retries: number | undefined;
  readonly timeout: number | undefined;
  readonly jobGrace: number | undefined;
  readonly replicas: number | undefined;
  readonly array: number | undefined;
  readonly atOnce: number | undefined;
  readonly with: readonly string[];
  readonly service: string | undefined;
  readonly keep: boolean;
  readonly detach: boolean;
  readonly onClientLoss: 'cancel' | 'detach' | undefined;
}

const LEASE_MS = 30_000;

export function requestOf(argv: readonly string[], words: SubmitWords): WireJob {
  const environment = environmentOf(words);
  const request: WireJob = {
    argv: [...argv],
    name: words.name,
    cwd: words.cwd,
    environment,
    gpus: words.gpus,
    cpus: words.cpus,
    memoryBytes: words.memory === undefined ? undefined : bytesOf(words.memory),
    ports: words.port.length === 0 ? undefined : [...words.port],
    priority: words.priority,
    labels: words.label.length === 0 ? undefined : pairs(words.label, '--label'),
    after: [
      ...words.after.map((job) => ({ job, on: 'success' as const })),
      ...words.afterAny.map((job) => ({ job, on: 'any' as const })),
    ],
    retries: words.retries,
    timeout: words.timeout,
    grace: words.jobGrace,
    replicas: words.replicas,
    array: words.array === undefined ? undefined : { count: words.array, atOnce: words.atOnce },
    with: words.with.map((text) => companionOf(text)),
    readiness: words.service === undefined ? undefined : { http: words.service },
    preemptible: words.keep ? false : undefined,
    lease: words.detach ? undefined : { ttl: LEASE_MS, onLoss: words.onClientLoss ?? 'cancel' },
  };
  // What nobody gave is left to the server's defaults.
  return JSON.parse(JSON.stringify(request)) as WireJob;
}

function environmentOf({ env, envFrom }: SubmitWords): Record<string, string> | undefined {
  const fromFile = envFrom === undefined ? {} : parseEnvironmentFile(envFrom);
  const all = { ...fromFile, ...environmentPairs(env) };
  return Object.keys(all).length === 0 ? undefined : all;
}

/** `NAME=value`, or `NAME` for the value that it has here. */
function environmentPairs(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      const value = process.env[text];
      if (value !== undefined) return [text, value];
      throw new LastcallError('usage', {
        what: 'there is no such variable here',
        on: `--env ${text}`,
        todo: 'Write NAME=value, or set it.',
      });
    }),
  );
}

function parseEnvironmentFile(path: string): Record<string, string> {
  try {
    return parseEnv(readFileSync(path, 'utf8')) as Record<string, string>;
  } catch (error) {
    throw new LastcallError('usage', { what: messageOf(error), on: `--env-from ${path}`, todo: 'Check the path.' });
  }
}

export function pairs(given: readonly string[], option: string): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw new LastcallError('usage', { what: 'it has no =', on: `${option} ${text}`, todo: 'Write NAME=VALUE.' });
    }),
  );
}

function companionOf(text: string): { name: string; argv: string[] } {
  const at = text.indexOf('=');
  if (at > 0) return { name: text.slice(0, at), argv: splitWords(text.slice(at + 1), '--with') };
  throw new LastcallError('usage', { what: 'it has no name', on: `--with ${text}`, todo: 'Write NAME=COMMAND.' });
}

const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `16G`, `512M`: binary units. */
function bytesOf(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([KMGT])i?B?$/.exec(text) ?? [];
  if (number !== undefined && unit !== undefined) return Math.round(Number(number) * UNITS[unit]!);
  throw new LastcallError('usage', {
    what: 'this is no size',
    on: `--memory ${text}`,
    todo: 'Write it as 512M or 16G.',
  });
}
