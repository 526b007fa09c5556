// Telling routers that this unit goes, at announce: Consul's agent, an HTTP address, or a command. Each is tried again
// until it is acknowledged or the stage is over; what fails shows as 103, if nothing worse happened.
import { execFile } from 'node:child_process';
import { LastcallError, messageOf } from '../../../base/errors.ts';
import { suggestion } from '../../../base/nearest.ts';
import { commandWords } from '../command-words.ts';

export interface Deregistration {
  /** For people: in the report's `stuck`, and in logs. */
  readonly name: string;
  /** One try. @throws what went wrong */
  once(signal: AbortSignal, environment: NodeJS.ProcessEnv): Promise<void>;
}

const CONSUL = 'http://127.0.0.1:8500';
const METHODS = ['put', 'delete', 'post'];
const PAUSE_MS = 250;
const TRY_MS_MAX = 2_000;

/** `consul:ID`, `consul:ID@http://host:8500`, `put:URL`, `delete:URL`, `post:URL`, `cmd:…`. @throws LastcallError `usage` */
export function parseDeregistration(text: string, on: string, environment: NodeJS.ProcessEnv): Deregistration {
  const [, kind = '', rest = ''] = /^([a-z]+):(.+)$/s.exec(text) ?? [];
  if (kind === 'cmd') return command(commandWords(rest, on));
  if (kind === 'consul') return consul(rest, on, environment);
  if (METHODS.includes(kind))
    return { name: `${kind} ${hostOf(rest, on)}`, once: (signal) => send(kind, rest, {}, signal) };
  throw new LastcallError('usage', {
    what: `${JSON.stringify(text)} is no way to deregister`,
    on,
    todo: suggestion(
      kind || text,
      [...METHODS, 'consul', 'cmd'],
      'Use consul:ID, put:URL, delete:URL, post:URL or cmd:COMMAND.',
    ),
  });
}

/** https://developer.hashicorp.com/consul/api-docs/agent/service#deregister-service */
function consul(text: string, on: string, environment: NodeJS.ProcessEnv): Deregistration {
  const [id = '', address = environment['CONSUL_HTTP_ADDR'] || CONSUL] = text.split('@');
  const base = address.includes('://') ? address : `http://${address}`;
  const host = hostOf(base, on);
  const token = environment['CONSUL_HTTP_TOKEN'];
  const headers: Record<string, string> = token ? { 'x-consul-token': token } : {};
  const url = `${base.replace(/\/$/, '')}/v1/agent/service/deregister/${encodeURIComponent(id)}`;
  return { name: `consul ${id} at ${host}`, once: (signal) => send('put', url, headers, signal) };
}

function hostOf(url: string, on: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return new URL(url).host;
  throw new LastcallError('usage', {
    what: `${JSON.stringify(url)} is not an http(s) address`,
    on,
    todo: 'Write it with its scheme, such as http://127.0.0.1:8500.',
  });
}

async function send(method: string, url: string, headers: Record<string, string>, signal: AbortSignal): Promise<void> {
  const { request } = url.startsWith('https:') ? await import('node:https') : await import('node:http');
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(TRY_MS_MAX)]);
  await new Promise<void>((resolve, reject) => {
    const asked = request(url, { method: method.toUpperCase(), headers, agent: false, signal: bounded }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      // Gone already is what was wanted.
      if ((status >= 200 && status < 300) || status === 404 || status === 410) resolve();
      else reject(new Error(`answered ${status}`));
    });
    asked.on('error', reject);
    asked.end();
  });
}

function command([program, ...words]: readonly [string, ...string[]]): Deregistration {
  return {
    name: program,
    once: (signal, env) =>
      new Promise((resolve, reject) => {
        execFile(
          program,
          words,
          { env, signal, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 },
          (error, _out, stderr) => {
            if (!error) resolve();
            else reject(new Error(stderr.trim().split('\n').at(-1) || messageOf(error)));
          },
        );
      }),
  };
}

/** Tries until it is acknowledged. @throws the last reason once `signal` says that the time is over */
export async function deregister(
  what: Deregistration,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      return await what.once(signal, environment);
    } catch (error) {
      if (signal.aborted) throw error;
      // A router that is away for a moment is asked again; the stage's cap bounds it.
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (signal.aborted) throw error;
    }
  }
}
