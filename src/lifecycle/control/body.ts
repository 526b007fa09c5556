// Bodies of control requests: JSON objects of bounded size, whose fields are checked one by one, so that a wrong one is
// named. Unknown fields are errors: a misspelt deadlineMs must not become a stop without a deadline.
import type { IncomingMessage } from 'node:http';

import { LastcallError } from '../../base/errors.ts';

/** The most bytes that a request's body may have. */
export const BODY_BYTES_MAX = 64 * 1024;

export type Body = Readonly<Record<string, unknown>>;

/** Of a body that is too large so much is read and dropped that the answer can still arrive. */
const DROPPED_BYTES_MAX = 8 * 2 ** 20;

/** The whole body, `{}` if there is none. @throws LastcallError `usage` if it is not a JSON object; `BodyTooLarge` */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > DROPPED_BYTES_MAX) break;
    if (size <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  if (size > BODY_BYTES_MAX) throw new BodyTooLarge();
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.trim() === '') return {};
  return asObject(text);
}

/** More than BODY_BYTES_MAX. */
export class BodyTooLarge extends Error {}

function asObject(text: string): Body {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong('the body is not JSON', undefined, 'Send one JSON object.', error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong('the body is not a JSON object', undefined, 'Send one JSON object.', undefined);
  }
  return value as Body;
}

/** Reads the fields of one body; `done` must be called last, it finds fields that nobody asked for. */
export class Fields {
  readonly #body: Body;
  readonly #known = new Set<string>();

  constructor(body: unknown) {
    this.#body = (body ?? {}) as Body;
  }

  /** A number ≥ 0. */
  number(name: string): number | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
    throw wrong(`${JSON.stringify(value)} is not a number of 0 or more`, name, 'Send a number.', undefined);
  }

  /** A whole number ≥ 0. */
  count(name: string): number | undefined {
    const value = this.number(name);
    if (value === undefined || Number.isSafeInteger(value)) return value;
    throw wrong(`${value} is not a whole number`, name, 'Send a whole number.', undefined);
  }

  text(name: string): string | undefined {
    const value = this.#take(name);
    if (value === undefined || typeof value === 'string') return value;
    throw wrong(`${JSON.stringify(value)} is not text`, name, 'Send a string.', undefined);
  }

  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.#take(name);
    if (value === undefined || choices.includes(value as Choice)) return value as Choice | undefined;
    throw wrong(`${JSON.stringify(value)} is not a ${name}`, name, `Send one of: ${choices.join(', ')}.`, undefined);
  }

  /** An object whose values are numbers. */
  numbers(name: string, entriesMax: number): Readonly<Record<string, number>> | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    const isObject = typeof value === 'object' && !Array.isArray(value);
    const entries = isObject ? Object.entries(value as object) : [];
    if (isObject && entries.length <= entriesMax && entries.every(([, entry]) => typeof entry === 'number')) {
      return value as Record<string, number>;
    }
    throw wrong('this is not an object of numbers', name, `Send at most ${entriesMax} numbers by name.`, undefined);
  }

  /** @throws LastcallError `usage` for a field that is missing */
  require<Value>(name: string, value: Value | undefined): Value {
    if (value !== undefined) return value;
    throw wrong('the field is missing', name, `Send { "${name}": … }.`, undefined);
  }

  /** @throws LastcallError `usage` for a field that was not asked for */
  done(): void {
    const unknown = Object.keys(this.#body).find((name) => !this.#known.has(name));
    if (unknown === undefined) return;
    const known = [...this.#known].join(', ');
    throw wrong('unknown field', unknown, known === '' ? 'Send no fields.' : `Known are: ${known}.`, undefined);
  }

  #take(name: string): unknown {
    this.#known.add(name);
    return this.#body[name] ?? undefined;
  }
}

function wrong(what: string, on: string | undefined, todo: string, cause: unknown): LastcallError {
  return new LastcallError('usage', { what, on, todo, cause });
}
