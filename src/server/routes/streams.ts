// What goes on for as long as somebody listens: logs of jobs and events, as Server-Sent Events (WHATWG HTML, 9.2). Nothing is
// read faster than the client takes it, and a client that is gone ends its stream.
import type { ServerResponse } from 'node:http';
import { LastcallError } from '../../base/errors.ts';
import type { LogChoice, Scheduler, StoredEvent } from '../../scheduler/index.ts';
import type { Caller } from '../keys.ts';
import { ok, route, type Route } from '../route.ts';
import { eventsQuery, jobId, logsQuery } from '../schemas.ts';
import { goneSignal, ownJob } from './jobs.ts';

const SLICE_BYTES = 2 ** 20;
const PAGE = 1_000;
/** A comment now and then, so that proxies do not take a quiet stream for a dead one. */
const BEAT_MS = 15_000;

export function streamRoutes(scheduler: Scheduler, stopping: AbortSignal): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/jobs/{id}/logs',
      role: 'viewer',
      summary: 'Bytes of a log; with follow=true as they come, as Server-Sent Events',
      params: jobId,
      query: logsQuery,
      async handle({ caller, params: { id }, query, reply, request }) {
        await ownJob(scheduler, caller, id);
        const { follow, ...choice } = query;
        if (follow !== true) return await slice(scheduler, id, choice, reply.raw, () => void reply.hijack());
        const last = Number(request.headers['last-event-id'] ?? Number.NaN);
        const from = Number.isSafeInteger(last) ? last : (choice.from ?? 0);
        const signal = AbortSignal.any([goneSignal(request.raw.socket), stopping]);
        // The first piece is asked for before the head is sent, so that a wrong choice is refused in words.
        const slices = scheduler.follow(id, signal, { ...choice, from });
        const first = await slices.next();
        reply.hijack();
        const stream = new EventStream(reply.raw);
        for (let next = first; next.done !== true; next = await slices.next()) {
          const { from: at, bytes } = next.value;
          await stream.send(at + bytes.length, 'log', { from: at, base64: bytes.toString('base64') });
        }
        await stream.end(stopping.aborted ? { why: 'the server is stopping' } : { why: 'the job is over' });
        return undefined;
      },
    }),
    route({
      method: 'GET',
      path: '/v1/events',
      role: 'viewer',
      summary: 'Every change; with Accept: text/event-stream or follow=true as it comes, resumable by Last-Event-ID',
      query: eventsQuery,
      async handle({ caller, query, reply, request }) {
        const wanted = { job: query.job ?? null, owner: caller.role === 'admin' ? null : caller.owner };
        const last = Number(request.headers['last-event-id'] ?? Number.NaN);
        const after = Number.isSafeInteger(last) ? last : (query.after ?? 0);
        const follows = query.follow ?? request.headers.accept?.includes('text/event-stream') === true;
        if (!follows) return ok({ events: await scheduler.events({ ...wanted, after, limit: PAGE }) });
        reply.hijack();
        const signal = AbortSignal.any([goneSignal(request.raw.socket), stopping]);
        await followEvents(scheduler, wanted, after, new EventStream(reply.raw), signal);
        return undefined;
      },
    }),
  ];
}

async function slice(
  scheduler: Scheduler,
  id: string,
  choice: LogChoice,
  response: ServerResponse,
  hijack: () => void,
): Promise<undefined> {
  const found = await scheduler.log(id, choice, SLICE_BYTES);
  if (!found)
    throw new LastcallError('not_found', { what: 'there is no log yet', on: id, todo: 'It has not started.' });
  hijack();
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'x-content-type-options': 'nosniff',
    'x-log-from': String(found.from),
    'x-log-end': String(found.end),
  });
  response.end(found.bytes);
  return undefined;
}

async function followEvents(
  scheduler: Scheduler,
  wanted: { readonly job: string | null; readonly owner: Caller['owner'] | null },
  after: number,
  stream: EventStream,
  signal: AbortSignal,
): Promise<void> {
  let wake: () => void = () => {};
  // What comes while a page is written is read from the store afterwards: the store is the queue, and it is bounded.
  const unlisten = scheduler.listen(() => wake());
  const beat = setInterval(() => void stream.beat(), BEAT_MS);
  signal.addEventListener('abort', () => wake());
  try {
    for (let position = after; !signal.aborted;) {
      const woken = new Promise<void>((resolve) => (wake = resolve));
      const events: readonly StoredEvent[] = await scheduler.events({ ...wanted, after: position, limit: PAGE });
      for (const event of events) {
        await stream.send(event.id, event.event, event);
        position = event.id;
      }
      if (events.length === 0 && !signal.aborted) await woken;
    }
    await stream.end({ why: 'the server is stopping' });
  } finally {
    clearInterval(beat);
    unlisten();
  }
}

class EventStream {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    response.flushHeaders();
  }

  async send(id: number, event: string, data: unknown): Promise<void> {
    await this.#write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  async beat(): Promise<void> {
    await this.#write(': still here\n\n');
  }

  /** Says that it ends, so that nobody takes a cut for the end. */
  async end(data: unknown): Promise<void> {
    await this.#write(`event: end\ndata: ${JSON.stringify(data)}\n\n`);
    this.#response.end();
  }

  async #write(text: string): Promise<void> {
    const response = this.#response;
    if (response.destroyed || response.write(text)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        response.off('drain', done);
        response.off('close', done);
        resolve();
      };
      response.on('drain', done);
      response.on('close', done);
    });
  }
}
