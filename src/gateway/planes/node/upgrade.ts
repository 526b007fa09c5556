// A request to change the protocol of its connection: a WebSocket or another tunnel. It is passed on by node:http with a
// connection of its own; if the instance agrees, bytes flow both ways until either side ends; if not, its answer is
// passed on as any other, and the connection is closed after it.
import { type IncomingHttpHeaders, type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { type ExchangeCarrier, exchangeOf } from '../../../lifecycle/http/tracker.ts';
import type { AttemptEnd, Decision, Failure, Forward, Outcome } from '../ports.ts';
import type { Attempt, AttemptSink } from './attempt.ts';
import { refusalOf } from './check-request.ts';
import { ClientSide } from './client-side.ts';
import type { PlaneContext } from './context.ts';
import { Course } from './course.ts';
import { answerHeaders } from './head.ts';
import { hold } from './holding.ts';
import { gatewayProblem, problemHeaders } from './problem-answer.ts';
import { ProxiedRequest } from './proxied-request.ts';
import { Relay } from './relay.ts';
import { Tunnel, type TunnelEnd } from './tunnel.ts';
import type { Cuttable } from './upstream.ts';

export class UpgradeExchange implements AttemptSink, Cuttable {
  readonly openKind = 'upgrade';
  readonly #context: PlaneContext;
  readonly #message: IncomingMessage;
  readonly #request: ProxiedRequest;
  readonly #socket: Duplex & ExchangeCarrier;
  readonly #head: Buffer;
  #course: Course | null = null;
  #attempt: Attempt | null = null;
  #tunnel: Tunnel | null = null;
  #relay: Relay | null = null;
  #withdraw: (() => void) | null = null;
  #cut = false;

  constructor(context: PlaneContext, message: IncomingMessage, socket: Duplex & ExchangeCarrier, head: Buffer) {
    this.#context = context;
    this.#message = message;
    this.#socket = socket;
    this.#head = head;
    this.#request = new ProxiedRequest(context, message, 'upgrade', socket[exchangeOf]?.id ?? '');
  }

  get id(): string {
    return this.#request.id;
  }

  begin(): void {
    this.#socket.on('error', () => {});
    this.#socket.once('close', () => this.#clientLeft());
    const refusal = refusalOf(this.#message);
    if (refusal) return this.#problem(refusal.status, 'bad_request', refusal.detail, 'refused');
    this.#direct();
  }

  #direct(): void {
    if (!this.#socket.destroyed) this.#act(this.#context.director.direct(this.#request, null));
  }

  #act(decision: Decision): void {
    switch (decision.action) {
      case 'forward':
        return this.#send(decision);
      case 'answer':
        if (decision.booked !== 'finished') this.#bookAs(decision.booked);
        return this.#client().answer(decision.status, decision.headers, decision.body);
      case 'close':
        this.#bookAs('returned');
        return void this.#socket.destroy();
      case 'hold':
        this.#withdraw = hold(
          decision,
          () => this.#direct(),
          (instead) => this.#act(instead),
        );
    }
  }

  #send(forward: Forward): void {
    const course = new Course(this.#context, forward, this);
    this.#course = course;
    const request = this.#request.forInstance(forward, this.#context.settings.via, null);
    request.headers.push('Connection', 'Upgrade', 'Upgrade', this.#protocol);
    this.#attempt = course.upstream.sendPlain(request, this, (answer, socket, head) => {
      this.#upgraded(answer, socket, head);
    });
  }

  get #protocol(): string {
    return this.#message.headers.upgrade ?? '';
  }

  sent(): void {
    this.#course?.sent();
  }

  information(): void {}

  #upgraded(answer: IncomingMessage, instance: Socket, head: Buffer): void {
    const course = this.#course;
    if (course === null || this.#socket.destroyed) return void instance.destroy();
    course.answered(101, true, answer.headers);
    const { forward } = course;
    const fields = answerHeaders(answer.headers, this.#context.settings.via, forward.responseHeaders);
    const lines = [`HTTP/1.1 101 ${answer.statusMessage ?? ''}`, 'Connection: Upgrade'];
    lines.push(`Upgrade: ${answer.headers.upgrade ?? this.#protocol}`);
    for (let index = 0; index < fields.length; index += 2) lines.push(`${fields[index]}: ${fields[index + 1]}`);
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    const { idleMsMax } = forward.limits;
    if (idleMsMax > 0) instance.setTimeout(idleMsMax, () => this.#tunnel?.close('nothing was said for too long'));
    this.#tunnel = new Tunnel(this.#socket, instance, this.#protocol, (end) => this.#tunnelEnded(end));
    this.#tunnel.start(this.#head, head);
  }

  // An answer that is none to the upgrade.

  head(status: number, message: string, headers: IncomingHttpHeaders): void {
    this.#course?.answered(status, false, headers);
    const client = this.#client();
    this.#relay = new Relay(client, this.#context.settings, {
      resume: () => this.#attempt?.resume(),
      stalled: () => void this.#socket.destroy(),
    });
    this.#relay.head(status, message, headers, this.#course?.forward.responseHeaders ?? null);
    client.response.once('close', () => {
      if (client.delivered()) this.#ended('finished', null);
    });
  }

  data(chunk: Buffer): boolean {
    return this.#relay?.data(chunk) ?? true;
  }

  end(trailers: IncomingHttpHeaders): void {
    this.#relay?.end(trailers);
  }

  failed(failure: Failure, error: Error): void {
    const reached = this.#course?.reached === true;
    const outcome = reached ? 'lost' : 'returned';
    this.#bookAs(outcome);
    if (this.#relay) {
      this.#ended('lost', 'truncated');
      return this.#relay.cut(gatewayProblem(502, 'instance_lost', error.message, 'lost'));
    }
    this.#ended(outcome, failure);
    if (reached) this.#problem(502, 'instance_lost', 'the instance did not answer the upgrade', 'lost');
    else this.#problem(503, 'no_connection', 'the instance cannot be reached', 'returned');
  }

  cut(reason: string): void {
    this.#cut = true;
    if (this.#tunnel) return this.#tunnel.close(reason);
    this.#attempt?.abort();
    this.#bookAs('lost');
    this.#ended('cut', null);
    if (this.#relay) this.#relay.cut(gatewayProblem(503, 'cut', reason, 'lost'));
    else this.#problem(503, 'cut', reason, 'lost');
  }

  /** The connection as one that answers: its answer is the last one on it. */
  #client(): ClientSide {
    const response = new ServerResponse(this.#message);
    response.shouldKeepAlive = false;
    response.assignSocket(this.#socket as Socket);
    response.once('finish', () => {
      response.detachSocket(this.#socket as Socket);
      (this.#socket as Socket).destroySoon();
    });
    return new ClientSide(this.#message, response);
  }

  #problem(status: number, code: string, detail: string, outcome: 'returned' | 'lost' | 'refused'): void {
    if (this.#socket.destroyed) return;
    const problem = gatewayProblem(status, code, detail, outcome);
    this.#client().answer(status, problemHeaders(problem), `${JSON.stringify(problem)}\n`);
  }

  #bookAs(booking: 'returned' | 'lost'): void {
    const exchange = this.#socket[exchangeOf];
    if (exchange) exchange.booked = booking;
  }

  #tunnelEnded({ lost }: TunnelEnd): void {
    if (this.#cut) this.#ended('cut', null);
    else if (lost === 'instance') this.#ended('lost', 'truncated');
    else this.#ended('finished', null);
  }

  #clientLeft(): void {
    this.#withdraw?.();
    if (this.#tunnel) return;
    this.#attempt?.abort();
    this.#ended('abandoned', null);
  }

  #ended(outcome: Outcome, failure: AttemptEnd['failure']): void {
    this.#relay?.close();
    this.#course?.ended(outcome, failure, {
      request: this.#tunnel?.toInstanceBytes ?? 0,
      response: this.#tunnel?.toClientBytes ?? this.#relay?.bytes ?? 0,
    });
    this.#course = null;
  }
}
