// An attempt through undici, the fast way. It takes an upstream's connection, which is given back when the answer is
// whole.
import type { IncomingHttpHeaders } from 'node:http';
import { errors, type Client, type Dispatcher } from 'undici';

import type { Failure } from '../ports.ts';
import type { Attempt, AttemptRequest, AttemptSink } from './attempt.ts';

/** Where its connection comes from and goes back to. */
export interface Lender {
  /** Name to verify in a certificate; null for plain HTTP. */
  readonly serverName: string | null;
  giveBack(client: Client): void;
}

/** Without TLS nobody verifies it. */
const NO_NAME = 'none';

const ABORTED = new Error('given up');

export class UndiciAttempt implements Attempt, Dispatcher.DispatchHandler {
  readonly #sink: AttemptSink;
  readonly #client: Client;
  readonly #lender: Lender;
  #controller: Dispatcher.DispatchController | null = null;
  #over = false;

  constructor(sink: AttemptSink, client: Client, lender: Lender) {
    this.#sink = sink;
    this.#client = client;
    this.#lender = lender;
  }

  start(request: AttemptRequest): void {
    const { method, target, headers, authority, body, bodyLength } = request;
    if (authority !== '') headers.push('host', authority);
    // Of a body as a buffer undici knows the length.
    if (bodyLength !== null && !Buffer.isBuffer(body)) headers.push('content-length', String(bodyLength));
    const options: Dispatcher.DispatchOptions & { servername: string } = {
      method,
      path: target,
      headers,
      body,
      headersTimeout: request.firstByteMsMax,
      bodyTimeout: request.idleMsMax,
      // Otherwise undici takes the client's Host apart, each time, and asks for the certificate of that.
      servername: this.#lender.serverName ?? NO_NAME,
    };
    try {
      this.#client.dispatch(options, this);
    } catch (error) {
      this.onResponseError(null, error as Error);
    }
  }

  resume(): void {
    this.#controller?.resume();
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    // Without a controller it waits for a connection; it is given up when that comes.
    if (this.#controller) this.#controller.abort(ABORTED);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(ABORTED);
    else this.#sink.sent();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    message = '',
  ): void {
    if (this.#over) return;
    if (status < 200) this.#sink.information(status, headers);
    else this.#sink.head(status, message, headers);
    // An answer that was given up by its sink has nothing to pause.
    if (this.#over) controller.abort(ABORTED);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over && !this.#sink.data(chunk)) controller.pause();
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    this.#lender.giveBack(this.#client);
    if (this.#over) return;
    this.#over = true;
    this.#sink.end(trailers);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#lender.giveBack(this.#client);
    if (this.#over) return;
    this.#over = true;
    this.#sink.failed(this.#controller === null ? 'connect' : failureOf(error), error);
  }
}

function failureOf(error: Error): Failure {
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) return 'timeout';
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) return 'protocol';
  if (error.name === 'HTTPParserError') return 'protocol';
  return 'reset';
}
