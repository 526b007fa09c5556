// `{task_id}` and its like in addresses, headers, bodies and argument lists that the operator wrote. Values come out of logs,
// so in addresses they are encoded, and nothing is ever given to a shell.
import type { OpenAttempt } from './core/ledger.ts';
import { LastcallError } from '../base/errors.ts';
import { suggestion } from '../base/nearest.ts';

export interface Values {
  readonly attempt: OpenAttempt;
  /** The attempt that a resubmission asks for. */
  readonly nextAttempt: number;
}

const VALUES: Readonly<Record<string, (values: Values) => string | null>> = {
  task_id: ({ attempt }) => attempt.taskId,
  job_id: ({ attempt }) => attempt.job,
  node_ip: ({ attempt }) => attempt.node,
  payload_ref: ({ attempt }) => attempt.payloadRef,
  attempt: ({ attempt }) => String(attempt.attempt),
  next_attempt: ({ nextAttempt }) => String(nextAttempt),
};

const PLACEHOLDER = /\{(\w+)\}/g;

/** @throws LastcallError `usage` for a placeholder that there is not */
export function checkTemplate(text: string, on: string): void {
  for (const [, name = ''] of text.matchAll(PLACEHOLDER)) {
    if (Object.hasOwn(VALUES, name)) continue;
    const names = Object.keys(VALUES);
    throw new LastcallError('usage', {
      what: `{${name}} stands for nothing`,
      on,
      todo: suggestion(name, names, `There are {${names.join('}, {')}}.`),
    });
  }
}

/** The text with its placeholders filled; null if one of them is not known of this task. */
export function fill(text: string, values: Values, encode: (value: string) => string): string | null {
  let isWhole = true;
  const filled = text.replaceAll(PLACEHOLDER, (_whole, name: string) => {
    const value = VALUES[name]!(values);
    isWhole &&= value !== null;
    return encode(value ?? '');
  });
  return isWhole ? filled : null;
}

export const asIs = (value: string): string => value;

/** Also the dots, so that a value can never be a path segment that means another directory. */
export function inUrl(value: string): string {
  return encodeURIComponent(value).replaceAll('.', '%2E');
}
