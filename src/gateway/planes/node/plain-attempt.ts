// An attempt through node:http, for what undici does not carry: `Expect: 100-continue`, trailers of a request,
// `OPTIONS *`, and upgrades. Each has a connection of its own, which is not kept.
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';

import type { Failure } from '../ports.ts';
import type { Attempt, AttemptRequest, AttemptSink } from './attempt.ts';

/** Where to, as node:http and node:https want it. */
export type PlainTarget = RequestOptions & { readonly protocol: 'http:' | 'https:' };

/** An upgrade that the instance agreed to. */
export type Upgraded = (answer: IncomingMessage, socket: Socket, head: Buffer) => void;

export class PlainAttempt implements Attempt {
  readonly #sink: AttemptSink;
  readonly #idleMsMax: number;
  readonly #request: ClientRequest;
  #answer: IncomingMessage | null = null;
  #sent = false;
  #over = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(sink: AttemptSink, target: PlainTarget, request: AttemptRequest, upgraded: Upgraded | null) {
    this.#sink = sink;
    this.#idleMsMax = request.idleMsMax;
    const { method, authority, headers, bodyLength } = request;
    if (authority !== '') headers.push('Host', authority);
    if (bodyLength !== null) headers.push('Content-Length', String(bodyLength));
    else if (request.body !== null) headers.push('Transfer-Encoding', 'chunked');
    if (upgraded === null) headers.push('Connection', 'close');
    const options: RequestOptions = {
      ...target,
      agent: false,
      method,
      path: request.target,
      setHost: false,
      headers,
    };
    this.#request = (target.protocol === 'https:' ? httpsRequest : httpRequest)(options);
    this.#watch(upgraded);
    this.#limit(request.firstByteMsMax);
    const { body } = request;
    if (body instanceof Readable) {
      this.#request.flushHeaders();
      body.pipe(this.#request);
      // A body that is cut must not look like one that ended.
      body.once('close', () => {
        if (!body.readableEnded) this.#request.destroy();
      });
    } else this.#request.end(body);
  }

  resume(): void {
    this.#answer?.resume();
  }

  abort(): void {
    if (this.#over) return;
    this.#finish();
    this.#request.destroy();
  }

  #watch(upgraded: Upgraded | null): void {
    const request = this.#request;
    request.on('socket', (socket) => {
      const connected = () => {
        this.#sent = true;
        if (!this.#over) this.#sink.sent();
      };
      if (socket.connecting) socket.once(this.#isSecure() ? 'secureConnect' : 'connect', connected);
      else connected();
    });
    request.on('information', ({ statusCode, headers }) => {
      if (!this.#over && statusCode !== 101) this.#sink.information(statusCode, headers);
    });
    request.on('response', (answer) => this.#answered(answer));
    request.on('error', (error) => this.#failed(error));
    if (upgraded) {
      request.on('upgrade', (answer, socket, head) => {
        if (this.#over) return void socket.destroy();
        this.#finish();
        upgraded(answer, socket, head);
      });
    }
  }

  #isSecure(): boolean {
    return this.#request.protocol === 'https:';
  }

  #answered(answer: IncomingMessage): void {
    if (this.#over) return;
    this.#answer = answer;
    this.#limit(this.#idleMsMax);
    this.#sink.head(answer.statusCode ?? 502, answer.statusMessage ?? '', answer.headers);
    answer.on('data', (chunk: Buffer) => {
      this.#timer?.refresh();
      if (!this.#over && !this.#sink.data(chunk)) answer.pause();
    });
    answer.on('end', () => {
      if (this.#over) return;
      this.#finish();
      this.#sink.end(answer.trailers);
    });
    // Its connection was lost: `aborted`, or an error that says how.
    answer.on('error', (error) => this.#failed(error));
  }

  #limit(ms: number): void {
    clearTimeout(this.#timer);
    if (ms === 0) return;
    this.#timer = setTimeout(() => {
      // What is paused is silent by our own wish.
      if (this.#answer?.isPaused() === true) this.#timer?.refresh();
      else this.#failed(Object.assign(new Error(`nothing came for ${ms} ms`), { code: 'TIMEOUT' }));
    }, ms);
    this.#timer.unref();
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (this.#over) return;
    this.#finish();
    this.#request.destroy();
    this.#sink.failed(this.#sent ? failureOf(error) : 'connect', error);
  }

  #finish(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }
}

function failureOf({ code = '' }: NodeJS.ErrnoException): Failure {
  if (code === 'TIMEOUT') return 'timeout';
  return code.startsWith('HPE_') ? 'protocol' : 'reset';
}
