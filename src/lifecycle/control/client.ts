// The other side of a control socket: how the CLI, the server and tests ask and tell a unit.
import type { IncomingMessage } from 'node:http';

import { LastcallError, messageOf } from '../../base/errors.ts';
import type { CheckpointRecord } from '../core/types.ts';
import type { StopCommand, UnitStatus, UnitViewEvent } from '../view.ts';
import { answers } from './claim.ts';
import { findSocket, findUnits, type FoundUnit } from './path.ts';
import { errorOf } from './problem.ts';
import type { StopAnswer } from './routes.ts';

// Taken as it is: importing it loads all of fetch besides, ten times as long.
const { request: httpRequest } = process.getBuiltinModule('node:http');

export type { FoundUnit } from './path.ts';
export type { StopAnswer } from './routes.ts';

/** What `events()` yields; the first is always `status`. */
export type ControlEvent = UnitViewEvent | { readonly event: 'status'; readonly status: UnitStatus };

export interface ControlClient {
  readonly path: string;
  status(): Promise<UnitStatus>;
  /** @param waitMs wait this long for the end; 0 = answer at once, without a report */
  stop(command: StopCommand, waitMs: number): Promise<StopAnswer>;
  extend(ms: number): Promise<{ grantedMs: number; reason: string | null }>;
  checkpoint(): Promise<CheckpointRecord>;
  /** Any other route. @throws LastcallError for every answer that is not 2xx */
  send(method: string, route: string, body?: unknown): Promise<unknown>;
  /** Ends when the unit ends, or `signal` is aborted. */
  events(signal: AbortSignal): AsyncIterable<ControlEvent>;
}

/** A unit that does not answer within this time is stuck or stopped. */
const ANSWER_MS_MAX = 10_000;
/** The most bytes of one answer, or of one event. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** The client of unit `name`. Nothing is sent yet. */
export async function controlOf(stateDir: string, name: string): Promise<ControlClient> {
  return controlClient(await findSocket(stateDir, name));
}

/** Units of this state directory that run, by name. */
export async function runningUnits(stateDir: string): Promise<readonly FoundUnit[]> {
  const found = await findUnits(stateDir);
  const alive = await Promise.all(found.map((unit) => answers(unit.path)));
  return found.filter((_, index) => alive[index]);
}

/** @param path of a socket, for a child the value of LASTCALL_CONTROL */
export function controlClient(path: string): ControlClient {
  const send = async (method: string, route: string, body: unknown, waitMs: number): Promise<unknown> => {
    const response = await open(path, method, route, body, ANSWER_MS_MAX + waitMs);
    const answer = await readJson(response, path);
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299) throw errorOf(status, answer, route);
    return answer;
  };
  return {
    path,
    status: async () => (await send('GET', '/status', undefined, 0)) as UnitStatus,
    stop: async (command, waitMs) =>
      (await send('POST', waitMs > 0 ? `/stop?wait=${Math.ceil(waitMs)}ms` : '/stop', command, waitMs)) as StopAnswer,
    extend: async (ms) => (await send('POST', '/extend', { ms }, 0)) as { grantedMs: number; reason: string | null },
    checkpoint: async () => (await send('POST', '/checkpoint', undefined, CHECKPOINT_MS_MAX)) as CheckpointRecord,
    send: (method, route, body) => send(method, route, body, 0),
    events: (signal) => readEvents(path, signal),
  };
}

/** A checkpoint writes the whole state. */
const CHECKPOINT_MS_MAX = 10 * 60_000;

function open(path: string, method: string, route: string, body: unknown, timeoutMs: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) };
    const request = httpRequest({ socketPath: path, method, path: route, headers, agent: false }, resolve);
    request.setTimeout(timeoutMs, () => request.destroy(notAnswering(path, timeoutMs)));
    request.on('error', (error) => reject(error instanceof LastcallError ? error : unreachableUnit(path, error)));
    request.end(text);
  });
}

async function readJson(response: IncomingMessage, path: string): Promise<unknown> {
  let text = '';
  response.setEncoding('utf8');
  try {
    for await (const chunk of response as AsyncIterable<string>) {
      text += chunk;
      if (text.length > ANSWER_BYTES_MAX) throw new Error('the answer is too long');
    }
    return text === '' ? null : (JSON.parse(text) as unknown);
  } catch (error) {
    if (error instanceof LastcallError) throw error;
    throw unreachableUnit(path, error);
  }
}

async function* readEvents(path: string, signal: AbortSignal): AsyncGenerator<ControlEvent> {
  if (signal.aborted) return;
  const response = await open(path, 'GET', '/events', undefined, ANSWER_MS_MAX);
  if (response.statusCode !== 200) throw errorOf(response.statusCode ?? 0, await readJson(response, path), '/events');
  response.socket.setTimeout(0);
  response.setEncoding('utf8');
  const stop = () => response.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    let text = '';
    for await (const chunk of response as AsyncIterable<string>) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      if (text.length > ANSWER_BYTES_MAX) return;
      for (const block of blocks) {
        const data = block.split('\n').find((line) => line.startsWith('data: '));
        if (data) yield JSON.parse(data.slice('data: '.length)) as ControlEvent;
      }
    }
  } catch (error) {
    // A process that ends takes its connections with it: for a listener that is the end.
    if (!signal.aborted && !isConnectionEnd(error)) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    response.destroy();
  }
}

function isConnectionEnd(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'EPIPE';
}

function notAnswering(path: string, timeoutMs: number): LastcallError {
  return new LastcallError('timeout', {
    what: `the unit does not answer within ${Math.round(timeoutMs / 1_000)} s`,
    on: path,
    todo: 'Its event loop may be blocked, or the process stopped; see its log.',
  });
}

function unreachableUnit(path: string, cause: unknown): LastcallError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new LastcallError('not_found', {
      what: 'no unit is running there',
      on: path,
      todo: 'See lastcall ps for those that are.',
      cause,
    });
  }
  return new LastcallError('io', {
    what: `the unit cannot be reached: ${messageOf(cause)}`,
    on: path,
    todo: 'It may have ended just now; see lastcall ps.',
    cause,
  });
}
