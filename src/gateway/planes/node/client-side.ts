// The client's side of an exchange, over HTTP/1 and HTTP/2: answers of the plane itself, interim answers, and the reset
// that tells an answer was cut, so that nobody takes it for whole (RFC 9112, 8; RFC 9113, 8.1).
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';

import { answerHttp1 } from '../../../lifecycle/http/answers.ts';
import { type Booking, type ExchangeCarrier, exchangeOf } from '../../../lifecycle/http/tracker.ts';
import { answerHeaders } from './head.ts';

/** RFC 9113, 7: the stream was reset for a reason that is not the client's. */
const INTERNAL_ERROR = 2;
/** RFC 9113, 8.7: nothing was done with it. */
const REFUSED_STREAM = 7;

export class ClientSide {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly isHttp2: boolean;
  /** The plane ended it by a reset. */
  wasReset = false;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.response = response;
    this.isHttp2 = request.httpVersionMajor > 1;
  }

  get #stream(): Http2ServerResponse['stream'] {
    return (this.response as unknown as Http2ServerResponse).stream;
  }

  get #carrier(): ExchangeCarrier {
    return this.isHttp2 ? (this.#stream as ExchangeCarrier) : (this.response as ExchangeCarrier);
  }

  /** As in reports, such as `GET /predict #17`. */
  get id(): string {
    return this.#carrier[exchangeOf]?.id ?? '';
  }

  bookAs(booking: Booking): void {
    const exchange = this.#carrier[exchangeOf];
    if (exchange) exchange.booked = booking;
  }

  /** Whether the whole answer was handed over; asked when the response is closed. */
  delivered(): boolean {
    if (!this.isHttp2) return this.response.writableFinished;
    const { aborted, rstCode } = this.#stream;
    return !aborted && rstCode === 0 && this.response.writableEnded;
  }

  /** HTTP/2: the request's head was all of it. */
  get endedWithHead(): boolean {
    return this.#stream.endAfterHeaders;
  }

  /** The client may still be sending its request. */
  get isUploading(): boolean {
    return !this.request.complete;
  }

  writeHead(status: number, message: string, headers: string[]): void {
    if (this.isHttp2) {
      (this.response as unknown as Http2ServerResponse).writeHead(status, asObject(headers));
      return;
    }
    // Whoever answers before the request is whole does not get the rest of it.
    if (this.isUploading) headers.push('connection', 'close');
    this.response.writeHead(status, message, headers);
  }

  /** An interim answer that Node can send: 100, 102, 103. Others are dropped; HTTP/1.0 knows none (RFC 9110, 15.2). */
  inform(status: number, headers: IncomingHttpHeaders, via: string): void {
    if (this.request.httpVersion === '1.0' || this.response.headersSent) return;
    if (status === 100) this.response.writeContinue();
    else if (status === 102 && !this.isHttp2) this.response.writeProcessing();
    else if (status === 103) {
      const hints = asObject(answerHeaders(headers, via, null));
      delete hints['via'];
      if (hints['link'] !== undefined) this.response.writeEarlyHints(hints);
    }
  }

  /**
   * A whole answer of the plane.
   * @param headers flat
   * @param rest of the request: `taken`, so that its sender sees the answer and not a reset; `left` if it cannot be trusted
   */
  answer(status: number, headers: readonly string[], body: string, rest: 'taken' | 'left' = 'taken'): void {
    if (this.isHttp2) {
      const length = ['content-length', String(Buffer.byteLength(body))];
      this.writeHead(status, '', [...headers, ...length]);
      this.response.end(this.request.method === 'HEAD' ? undefined : body);
      return;
    }
    const fields: Record<string, string> = {};
    for (let index = 0; index < headers.length; index += 2) fields[headers[index]!] = headers[index + 1]!;
    const whole = { status, headers: fields, body };
    if (rest === 'taken') {
      answerHttp1(this.request, this.response, whole, this.isUploading ? 'close' : 'keep-alive');
      return;
    }
    fields['connection'] = 'close';
    answerHttp1(this.request, this.response, whole, 'keep-alive');
  }

  /** Ends it so that nobody takes what was sent for a whole answer. */
  reset(why: 'cut' | 'refused'): void {
    this.wasReset = true;
    if (this.isHttp2) this.#stream.close(why === 'refused' ? REFUSED_STREAM : INTERNAL_ERROR);
    else resetSocket(this.request.socket);
  }
}

/** Fields of one name become a list. @param headers flat, names in lower case */
function asObject(headers: readonly string[]): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!;
    const value = headers[index + 1]!;
    const before = fields[name];
    fields[name] = before === undefined ? value : [before, value].flat();
  }
  return fields;
}

/** By RST where there is TCP, which even whoever waits for the end of the connection cannot take for that. */
export function resetSocket(socket: Socket): void {
  if ('encrypted' in socket || socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
