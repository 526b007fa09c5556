// Bodies of ingest requests: a JSON object, an array of them, or JSON lines; each record as its own text, with its id.
import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { messageOf } from '../../../base/errors.ts';
import type { Submission } from './inbox.ts';

/** A body that cannot be taken. The status says why: 400 not JSON, 413 too many records, 422 not what is wanted. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: 400 | 413 | 422;

  constructor(status: 400 | 413 | 422, message: string) {
    super(message);
    this.status = status;
  }
}

export interface BodyRules {
  /** Checks each value; what it throws refuses the request. */
  readonly parse: ((value: unknown) => unknown) | null;
  /** Field that holds a record's id; null: none. */
  readonly idField: string | null;
  readonly recordsMax: number;
}

/**
 * @param lines the body is JSON lines
 * @param requestKey the `Idempotency-Key` header, or null
 * @throws Refused
 */
export function readBody(body: Buffer, lines: boolean, requestKey: string | null, rules: BodyRules): Submission {
  if (!isUtf8(body)) throw new Refused(400, 'the body is not UTF-8');
  const texts = lines ? linesOf(body.toString('utf8')) : elementsOf(body.toString('utf8'));
  if (texts.length > rules.recordsMax)
    throw new Refused(413, `${texts.length} records, at most ${rules.recordsMax} are taken`);
  const ids = texts.map(({ text, value, place }, index) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Refused(422, `${place} is no object`);
    check(rules, value, place);
    if (rules.idField !== null) return idOf(value, rules.idField, place);
    return requestKey === null ? null : idOfPart(requestKey, index, text);
  });
  return { records: texts.map(({ text }) => text), ids };
}

interface Text {
  readonly text: string;
  readonly value: unknown;
  /** For people. */
  readonly place: string;
}

function linesOf(body: string): Text[] {
  return body
    .split('\n')
    .map((text, index) => ({ text: text.trim(), place: `line ${index + 1}` }))
    .filter(({ text }) => text !== '')
    .map(({ text, place }) => ({ text, value: parsed(text, place), place }));
}

function elementsOf(body: string): Text[] {
  const value = parsed(body, 'the body');
  if (!Array.isArray(value)) return [{ text: body.trim(), value, place: 'the body' }];
  return value.map((element: unknown, index) => ({
    text: JSON.stringify(element),
    value: element,
    place: `record ${index}`,
  }));
}

/** Deeper than any record that people write; far less than what the recursion of JSON.stringify and of checks can take. */
const DEPTH_MAX = 100;

function parsed(text: string, place: string): unknown {
  if (depthOf(text) > DEPTH_MAX) throw new Refused(422, `${place} is nested deeper than ${DEPTH_MAX} levels`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refused(400, `${place} is not JSON: ${messageOf(error)}`);
  }
}

/** Deepest nesting of objects and arrays in a JSON text; what a text that is no JSON gives does not matter. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth--;
  }
  return deepest;
}

function check({ parse }: BodyRules, value: unknown, place: string): void {
  try {
    parse?.(value);
  } catch (error) {
    throw new Refused(422, `${place}: ${messageOf(error)}`);
  }
}

const ID_LENGTH_MAX = 200;

function idOf(value: object, field: string, place: string): string {
  const id = (value as Record<string, unknown>)[field];
  // 1e400 is read as Infinity, and neighbours beyond 2^53 as one number: different records would have the same id.
  if (typeof id === 'number' && Math.abs(id) > Number.MAX_SAFE_INTEGER)
    throw new Refused(400, `${place} has a ${field} that no number holds exactly; send it as a string`);
  const text = typeof id === 'number' ? String(id) : id;
  if (typeof text === 'string' && text !== '' && text.length <= ID_LENGTH_MAX) return `field:${text}`;
  throw new Refused(422, `${place} has no ${field} of 1 to ${ID_LENGTH_MAX} characters`);
}

/** Of a record by its place in a request: a repetition has the same records, so another content is another id. */
function idOfPart(requestKey: string, index: number, text: string): string {
  const digest = createHash('sha256').update(text).digest('base64url');
  return `key:${requestKey}:${index}:${digest}`;
}
