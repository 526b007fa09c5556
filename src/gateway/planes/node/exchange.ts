// One request from its head to its end. It asks the director where it goes, makes attempts, passes on what comes, and
// says once how it ended (invariant 2). What was sent to the client is never followed by anything of another attempt:
// a second attempt is made only before the first byte, and only if it repeats nothing or may be repeated.
import type { IncomingHttpHeaders } from 'node:http';

import type { Answer, AttemptEnd, Decision, Failure, FailedAttempt, Forward, Outcome } from '../ports.ts';
import type { Attempt, AttemptSink } from './attempt.ts';
import { refusalOf } from './check-request.ts';
import type { ClientSide } from './client-side.ts';
import type { PlaneContext } from './context.ts';
import { Course } from './course.ts';
import { hold } from './holding.ts';
import { gatewayProblem, problemHeaders } from './problem-answer.ts';
import { sendCopy } from './mirror.ts';
import { ProxiedRequest } from './proxied-request.ts';
import { Relay, type RelayOwner } from './relay.ts';
import { type BodyTrouble, RequestBody, WHOLE_BYTES_MAX } from './request-body.ts';
import type { Cuttable, NodeUpstream } from './upstream.ts';

/** Attempts for one request at most, whatever the director allows. */
const ATTEMPTS_MAX = 4;

export class HttpExchange implements AttemptSink, Cuttable, RelayOwner {
  readonly #context: PlaneContext;
  readonly #client: ClientSide;
  readonly #request: ProxiedRequest;
  readonly #relay: Relay;
  /** It waits for `100 Continue`. */
  readonly #expects: boolean;
  /** A small body, which can be sent again. */
  #whole: Buffer | null = null;
  #body: RequestBody | null = null;
  #course: Course | null = null;
  #attempt: Attempt | null = null;
  readonly #tried: string[] = [];
  #withdraw: (() => void) | null = null;
  #over = false;

  constructor(context: PlaneContext, client: ClientSide, expects: boolean) {
    this.#context = context;
    this.#client = client;
    this.#expects = expects;
    this.#request = new ProxiedRequest(context, client.request, 'request', client.id);
    this.#relay = new Relay(client, context.settings, this);
  }

  get id(): string {
    return this.#request.id;
  }
  get openKind(): Cuttable['openKind'] {
    return this.#relay.isEventStream ? 'stream' : 'request';
  }

  begin(): void {
    this.#client.response.once('close', () => this.#closed());
    const refusal = refusalOf(this.#client.request);
    if (refusal) {
      const { status, detail } = refusal;
      const problem = gatewayProblem(status, 'bad_request', detail, 'refused');
      return this.#client.answer(status, problemHeaders(problem), `${JSON.stringify(problem)}\n`, 'left');
    }
    const { statedLength } = this.#request;
    if (!this.#hasBody() || this.#expects || statedLength === null || statedLength > WHOLE_BYTES_MAX) {
      return this.#direct(null);
    }
    this.#context.wholeBodies.read(this.#client.request, statedLength, (body) => {
      if (typeof body === 'string') return this.#bodyTrouble(body);
      this.#whole = body;
      this.#direct(null);
    });
  }

  #hasBody(): boolean {
    const { statedLength, headers } = this.#request;
    if (this.#client.isHttp2) return statedLength !== 0 && !this.#client.endedWithHead;
    return (statedLength ?? 0) > 0 || headers['transfer-encoding'] !== undefined;
  }

  #direct(failed: FailedAttempt | null): void {
    if (!this.#over) this.#act(this.#context.director.direct(this.#request, failed));
  }

  #act(decision: Decision): void {
    switch (decision.action) {
      case 'forward':
        return this.#send(decision);
      case 'hold':
        this.#withdraw = hold(
          decision,
          () => this.#direct(null),
          (instead) => this.#act(instead),
        );
        return;
      case 'answer':
        return this.#answer(decision);
      case 'close':
        this.#client.bookAs('returned');
        return this.#client.reset('refused');
    }
  }

  #answer({ status, headers, body, booked }: Answer): void {
    if (booked !== 'finished') this.#client.bookAs(booked);
    this.#client.answer(status, headers, body);
  }

  #send(forward: Forward): void {
    const course = new Course(this.#context, forward, this);
    this.#course = course;
    const { upstream } = course;
    const { bodyBytesMax } = forward.limits;
    if (bodyBytesMax > 0 && (this.#request.statedLength ?? 0) > bodyBytesMax) return this.#bodyTrouble('too large');
    this.#tried.push(upstream.id);
    const { via, bodyIdleMsMax: idleMsMax } = this.#context.settings;
    if (this.#hasBody() && this.#whole === null) {
      const limits = { bytesMax: bodyBytesMax, idleMsMax };
      this.#body = new RequestBody(this.#client.request, limits, (what) => this.#bodyTrouble(what));
    }
    const request = this.#request.forInstance(forward, via, this.#whole ?? this.#body);
    if (forward.mirror && this.#body === null) sendCopy(forward.mirror as NodeUpstream, request);
    if (this.#expects) request.headers.push('Expect', '100-continue');
    // gRPC servers insist on it (RFC 9110, 10.1.4); HTTP/1.1 would need it in Connection as well.
    if (upstream.isHttp2 && this.#request.headers.te === 'trailers') request.headers.push('te', 'trailers');
    const plain = this.#expects || this.#request.headers.trailer !== undefined || request.target === '*';
    const attempt = plain ? upstream.sendPlain(request, this, null) : upstream.send(request, this);
    // It may have failed already, and another one may be on its way.
    if (this.#course !== course) return;
    if (this.#over) attempt.abort();
    else this.#attempt = attempt;
  }

  sent(): void {
    this.#course?.sent();
  }

  information(status: number, headers: IncomingHttpHeaders): void {
    this.#client.inform(status, headers, this.#context.settings.via);
  }

  head(status: number, message: string, headers: IncomingHttpHeaders): void {
    const course = this.#course!;
    try {
      this.#relay.head(status, message, headers, course.forward.responseHeaders);
    } catch (error) {
      this.#attempt?.abort();
      return this.failed('protocol', error as Error);
    }
    course.answered(status, this.#relay.isEventStream, headers);
  }

  data(chunk: Buffer): boolean {
    return this.#relay.data(chunk);
  }

  end(trailers: IncomingHttpHeaders): void {
    this.#relay.end(trailers);
  }

  resume(): void {
    this.#attempt?.resume();
  }

  failed(failure: Failure, error: Error): void {
    if (this.#over) return;
    this.#attempt = null;
    if (this.#client.response.headersSent) return this.#truncated(error.message);
    const { reached, upstream } = this.#course!;
    const again =
      (!reached || this.#request.repeatable) && this.#canSendBodyAgain() && this.#tried.length < ATTEMPTS_MAX;
    const outcome = reached ? 'lost' : 'returned';
    this.#ended(outcome, failure);
    this.#body?.destroy();
    this.#body = null;
    if (again) return this.#direct({ instance: upstream.id, failure, reached, tried: this.#tried });
    this.#client.bookAs(outcome);
    this.#problem(...OWN_ANSWERS[reached ? failure : 'connect'], outcome);
  }

  #canSendBodyAgain(): boolean {
    return this.#body === null || (this.#body.bytes === 0 && !this.#body.destroyed);
  }

  /** The answer's source is lost in the middle of it. */
  #truncated(reason: string): void {
    this.#client.bookAs('lost');
    this.#finish('lost', 'truncated');
    this.#relay.cut(gatewayProblem(502, 'instance_lost', `the instance was lost: ${reason}`, 'lost'));
  }

  cut(reason: string): void {
    if (this.#over) return;
    const began = this.#client.response.headersSent;
    const outcome = this.#relay.isEventStream ? 'returned' : 'lost';
    this.#client.bookAs(outcome);
    this.#attempt?.abort();
    this.#finish('cut', null);
    if (began) this.#relay.cut(gatewayProblem(503, 'cut', reason, outcome));
    else this.#problem(503, 'cut', reason, outcome);
  }

  #bodyTrouble(what: BodyTrouble): void {
    if (this.#over) return;
    this.#attempt?.abort();
    // The client left; its response is closed by itself.
    if (what === 'cut') return;
    this.#ended(this.#course?.reached === true ? 'lost' : 'returned', null);
    if (this.#client.response.headersSent) return this.#client.reset('cut');
    if (what === 'too large') this.#problem(413, 'too_large', 'the body is larger than this route takes', 'refused');
    else this.#problem(408, 'timeout', 'the rest of the body did not come in time', 'refused');
  }

  stalled(): void {
    if (this.#over) return;
    this.#attempt?.abort();
    this.#finish('abandoned', null);
    this.#client.reset('cut');
  }

  #problem(status: number, code: string, detail: string, outcome: 'returned' | 'lost' | 'refused'): void {
    const problem = gatewayProblem(status, code, detail, outcome);
    this.#client.answer(status, problemHeaders(problem), `${JSON.stringify(problem)}\n`);
  }

  /** The response is over: it was handed over, or the client left. */
  #closed(): void {
    this.#withdraw?.();
    if (this.#over) return;
    if (this.#client.delivered()) return this.#finish('finished', null);
    this.#attempt?.abort();
    this.#finish('abandoned', null);
  }

  #finish(outcome: Outcome, failure: AttemptEnd['failure']): void {
    this.#over = true;
    this.#relay.close();
    this.#ended(outcome, failure);
    this.#body?.destroy();
  }

  #ended(outcome: Outcome, failure: AttemptEnd['failure']): void {
    const bytes = { request: this.#whole?.length ?? this.#body?.bytes ?? 0, response: this.#relay.bytes };
    this.#course?.ended(outcome, failure, bytes);
    this.#course = null;
  }
}

/** Status, code and detail where no further attempt is made. */
const OWN_ANSWERS: Readonly<Record<Failure, readonly [number, string, string]>> = {
  connect: [503, 'no_connection', 'the instance cannot be reached'],
  reset: [502, 'instance_lost', 'the instance was lost before it answered'],
  timeout: [504, 'instance_timeout', 'the instance did not answer in time'],
  protocol: [502, 'instance_protocol', 'what the instance answered is not HTTP'],
};
