// From a value in a log to a task line: where its fields are, what its words for the states are, and what is no task line.
import { LastcallError } from '../base/errors.ts';
import { suggestion } from '../base/nearest.ts';
import { readFlat, type FlatValue } from './flat-line.ts';
import { readTime } from './read-time.ts';
import { ATTEMPT_MAX, type TaskLine, type TaskStatus } from './core/task-line.ts';

const FIELDS = ['time', 'task_id', 'status', 'node_ip', 'job_id', 'attempt', 'idempotent', 'payload_ref'] as const;
type Field = (typeof FIELDS)[number];

const STATUSES: readonly TaskStatus[] = ['submitted', 'started', 'completed', 'failed', 'cancelled'];

/** Characters of an id, an address or a reference that are taken. */
const TEXT_LENGTH_MAX = 1_024;
/** Numbers below this are seconds, those above are milliseconds since 1970: as seconds it is the year 5138. */
const SECONDS_MAX = 1e11;

export interface FieldMap {
  /** Field → names, outer first: `request.id` is `['request', 'id']`. */
  readonly paths: Readonly<Record<Field, readonly string[]>>;
  /** Word in the log → state. */
  readonly words: ReadonlyMap<string, TaskStatus>;
  /** Name → index of the field, where no field lies within another; else null. */
  readonly flat: ReadonlyMap<string, number> | null;
}

/** A line that is about something else: most logs have more of these. */
export const OTHER = Symbol('other');

export const DEFAULT_MAP: FieldMap = {
  paths: Object.fromEntries(FIELDS.map((field) => [field, [field]])) as unknown as FieldMap['paths'],
  words: new Map(STATUSES.map((status) => [status, status])),
  flat: new Map(FIELDS.map((field, index) => [field, index])),
};

/**
 * @param fields such as `task_id=request.id,time=ts`
 * @param words such as `started=begin,completed=done|ok`
 * @throws LastcallError `usage` that names the part that cannot be read
 */
export function readMap(fields: string | undefined, words: string | undefined): FieldMap {
  const paths: Record<string, readonly string[]> = { ...DEFAULT_MAP.paths };
  for (const [field, path] of pairs(fields, '--map', FIELDS)) paths[field] = path.split('.');
  const known = new Map(DEFAULT_MAP.words);
  for (const [status, list] of pairs(words, '--words', STATUSES)) {
    for (const word of list.split('|')) known.set(word, status as TaskStatus);
  }
  return { paths: paths as FieldMap['paths'], words: known, flat: flatNames(paths as FieldMap['paths']) };
}

function flatNames(paths: FieldMap['paths']): ReadonlyMap<string, number> | null {
  const names = new Map(FIELDS.map((field, index) => [paths[field].join('.'), index]));
  const isFlat = FIELDS.every((field) => paths[field].length === 1);
  return isFlat && names.size === FIELDS.length ? names : null;
}

function pairs(text: string | undefined, option: string, known: readonly string[]): [string, string][] {
  if (text === undefined) return [];
  return text.split(',').map((part) => {
    const [name = '', value = ''] = part.split('=', 2).map((word) => word.trim());
    if (!known.includes(name)) {
      const todo = suggestion(name, known, `Known are: ${known.join(', ')}.`);
      throw new LastcallError('usage', { what: `there is no ${JSON.stringify(name)}`, on: option, todo });
    }
    if (value !== '') return [name, value];
    const todo = `Write ${name}=NAME, where NAME is what the log says.`;
    throw new LastcallError('usage', { what: `nothing is given for ${name}`, on: option, todo });
  });
}

/**
 * @param text one line of JSON
 * @returns the task line, or `OTHER` for a value that has no task id or no status
 * @throws Error for a line that is no JSON, or is about a task and cannot be used; its message says why
 */
export function readText(text: string, map: FieldMap): TaskLine | typeof OTHER {
  const { flat } = map;
  if (flat !== null) {
    const values: (FlatValue | undefined)[] = [undefined, undefined, undefined, undefined];
    values.length = FIELDS.length;
    if (readFlat(text, flat, values)) return lineOf(values, map.words);
  }
  return readLine(JSON.parse(text), map);
}

/** The same for a value that is there already. */
export function readLine(value: unknown, map: FieldMap): TaskLine | typeof OTHER {
  if (typeof value !== 'object' || value === null) return OTHER;
  return lineOf(
    FIELDS.map((field) => at(value, map.paths[field])),
    map.words,
  );
}

/** @param values in the order of FIELDS */
function lineOf(values: readonly unknown[], words: FieldMap['words']): TaskLine | typeof OTHER {
  const [time, taskId, word, node, job, attempt, idempotent, payloadRef] = values;
  if (taskId === undefined || taskId === null || typeof word !== 'string') return OTHER;
  const status = words.get(word);
  if (status === undefined) return OTHER;
  return {
    taskId: textOf(taskId, 'task_id')!,
    status,
    timeMs: timeOf(time),
    attempt: attemptOf(attempt),
    node: textOf(node, 'node_ip'),
    job: textOf(job, 'job_id'),
    idempotent: flagOf(idempotent),
    payloadRef: textOf(payloadRef, 'payload_ref'),
  };
}

function at(value: object, path: readonly string[]): unknown {
  let found: unknown = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

function textOf(value: unknown, field: string): string | null {
  if (value === undefined || value === null || value === '') {
    if (field === 'task_id') throw new Error('the task id is empty');
    return null;
  }
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') throw new Error(`${field} is no text`);
  if (text.length > TEXT_LENGTH_MAX) throw new Error(`${field} has more than ${TEXT_LENGTH_MAX} characters`);
  return text;
}

function timeOf(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) {
    return value < SECONDS_MAX ? value * 1_000 : value;
  }
  const timeMs = typeof value === 'string' ? readTime(value) : Number.NaN;
  if (Number.isNaN(timeMs)) throw new Error(`time is ${JSON.stringify(value) ?? 'missing'}, which is no time`);
  return timeMs;
}

function attemptOf(value: unknown): number {
  if (value === undefined || value === null) return 1;
  const attempt = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof attempt === 'number' && Number.isInteger(attempt) && attempt >= 1 && attempt <= ATTEMPT_MAX)
    return attempt;
  throw new Error(`attempt is ${JSON.stringify(value)}, which is no number from 1 to ${ATTEMPT_MAX}`);
}

function flagOf(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}
