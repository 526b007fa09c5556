// Asks a probe once. The answer is a sentence for people either way, so that a start that times out can say what the last
// one was. Connections are made anew each time: a kept one would tell of the past.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { messageOf } from '../../../base/errors.ts';
import type { Probe } from './probe.ts';

export interface Answer {
  readonly well: boolean;
  readonly said: string;
}

/** What is asked again and again; the other kinds tell by themselves. */
export type AskedProbe = Exclude<Probe, { kind: 'log' } | { kind: 'control' }>;

/** Longest part of an answer that is shown. */
const SHOWN_MAX = 200;

/** Never rejects. @param boundMs after which it is no answer */
export async function ask(probe: AskedProbe, environment: NodeJS.ProcessEnv, boundMs: number): Promise<Answer> {
  try {
    switch (probe.kind) {
      case 'http':
        return await askHttp(probe.url, boundMs);
      case 'tcp':
        return await askTcp(probe.host, probe.port, boundMs);
      case 'cmd':
        return await askCommand(probe.argv, environment, boundMs);
      case 'file':
        return existsSync(probe.path) ? good('the file is there') : bad(`there is no file ${probe.path}`);
    }
  } catch (error) {
    return bad(messageOf(error));
  }
}

/** Ready is what a load balancer takes for it: 200 to 399. */
async function askHttp(url: string, boundMs: number): Promise<Answer> {
  const { request } = url.startsWith('https:') ? await import('node:https') : await import('node:http');
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const asked = request(url, { agent: false, headers: { connection: 'close' } }, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      body += chunk;
      if (body.length > SHOWN_MAX) asked.destroy();
    });
    response.on('close', () => {
      const status = response.statusCode ?? 0;
      const text = body.slice(0, SHOWN_MAX).trim();
      const said = `${url} answered ${status}${text === '' ? '' : ` ${JSON.stringify(text)}`}`;
      resolve(status >= 200 && status < 400 ? good(said) : bad(said));
    });
  });
  asked.on('error', (error) => resolve(bad(`${url}: ${messageOf(error)}`)));
  const timer = setTimeout(() => asked.destroy(new Error(`no answer within ${boundMs} ms`)), boundMs);
  asked.end();
  return promise.finally(() => clearTimeout(timer));
}

async function askTcp(host: string, port: number, boundMs: number): Promise<Answer> {
  const { connect } = await import('node:net');
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const socket = connect({ host, port });
  const timer = setTimeout(() => resolve(bad(`${host}:${port} did not accept within ${boundMs} ms`)), boundMs);
  socket.once('connect', () => resolve(good(`${host}:${port} accepts`)));
  socket.once('error', (error) => resolve(bad(`${host}:${port}: ${messageOf(error)}`)));
  return promise.finally(() => {
    clearTimeout(timer);
    socket.destroy();
  });
}

function askCommand(argv: readonly [string, ...string[]], env: NodeJS.ProcessEnv, timeout: number): Promise<Answer> {
  const [program, ...words] = argv;
  const { promise, resolve } = Promise.withResolvers<Answer>();
  execFile(program, words, { env, timeout, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 }, (error, stdout, stderr) => {
    const text = `${stdout}${stderr}`.trim().slice(0, SHOWN_MAX);
    if (!error) return resolve(good(`${program} ended with 0`));
    const how = error.killed ? `did not end within ${timeout} ms` : `ended with ${String(error.code ?? error.signal)}`;
    resolve(bad(`${program} ${how}${text === '' ? '' : `: ${text}`}`));
  });
  return promise;
}

function good(said: string): Answer {
  return { well: true, said };
}

function bad(said: string): Answer {
  return { well: false, said };
}
