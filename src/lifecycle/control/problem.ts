// Errors on the control socket: problem details of RFC 9457 with the three parts of a LastcallError, so that the other
// side can show the same message.

import { LastcallError, messageOf, type ErrorCode } from '../../base/errors.ts';
import { BODY_BYTES_MAX, BodyTooLarge } from './body.ts';

// Taken as it is: importing it loads all of fetch besides, ten times as long.
const { STATUS_CODES } = process.getBuiltinModule('node:http');

export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  /** What happened. */
  readonly detail: string;
  /** What to do. */
  readonly hint: string;
  /** On which thing. */
  readonly field?: string;
}

/** Status of each code. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  failed: 500,
  usage: 400,
  not_found: 404,
  not_runnable: 500,
  command_not_found: 500,
  persist_failed: 500,
  state_refused: 409,
  fenced: 409,
  dependency: 503,
  internal: 500,
  timeout: 504,
  cancelled: 409,
  disk_full: 507,
  io: 500,
};

export function problemOf(error: unknown): Problem {
  if (error instanceof BodyTooLarge) {
    return problem(413, 'usage', `the body has more than ${BODY_BYTES_MAX} bytes`, 'Send less.');
  }
  if (!(error instanceof LastcallError)) {
    return problem(500, 'failed', messageOf(error), 'See the log of the unit.');
  }
  return problem(STATUS[error.code], error.code, error.what, error.todo, error.on);
}

export function problem(status: number, code: string, detail: string, hint: string, field?: string): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  return { title, status, code, detail, hint, ...(field === undefined ? {} : { field }) };
}

/** The error that a problem stands for, on the side that asked. */
export function errorOf(status: number, body: unknown, on: string): LastcallError {
  const { code, detail, hint, field } = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>;
  return new LastcallError(code !== undefined && isErrorCode(code) ? code : 'failed', {
    what: detail ?? `the unit answered ${status}`,
    on: field ?? on,
    todo: hint ?? 'See the log of the unit.',
  });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(STATUS, code);
}
