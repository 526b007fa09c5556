// Follows one attempt: tells the core when it became a stream and how it ended, and whoever observes.
import type { IncomingHttpHeaders } from 'node:http';
import type { Instance } from '../core/types.ts';
import type { AttemptEnd, AttemptWatcher } from '../planes/ports.ts';
import type { Engine } from './engine.ts';
import type { RequestObserver } from './observer.ts';
import { resultOf, type ServedRequest } from './served.ts';

export class AttemptWatch implements AttemptWatcher {
  readonly #engine: Engine;
  readonly #observer: RequestObserver;
  readonly #served: ServedRequest;
  readonly #instance: Instance;

  constructor(engine: Engine, observer: RequestObserver, served: ServedRequest, instance: Instance) {
    this.#engine = engine;
    this.#observer = observer;
    this.#served = served;
    this.#instance = instance;
  }

  sent(): void {
    // Whether it was sent comes back with `ended`, or with the failed attempt.
  }

  answered(_status: number, stream: boolean, headers: IncomingHttpHeaders): void {
    const { model, ticket } = this.#served.plan;
    if (stream) this.#engine.note({ type: 'streaming', ticket });
    const { sticky } = model.config;
    if (sticky?.by !== 'app-cookie') return;
    const key = newCookieOf(headers['set-cookie'], sticky.name);
    if (key === '') return;
    this.#engine.note({ type: 'sessionLearned', model: model.config.name, key, instance: this.#instance.id });
  }

  ended(end: AttemptEnd): void {
    this.#engine.settle({ type: 'settled', ticket: this.#served.plan.ticket, result: resultOf(end) });
    this.#observer.ended(this.#served, this.#instance, end);
  }
}

/** The value that an answer gives the cookie; empty: none, or it is taken away. undici gives one line as a text. */
function newCookieOf(setCookie: string | readonly string[] | undefined, name: string): string {
  const line = [setCookie ?? []].flat().find((candidate) => candidate.startsWith(`${name}=`));
  return line === undefined
    ? ''
    : line
        .slice(name.length + 1)
        .split(';', 1)[0]!
        .trim();
}
