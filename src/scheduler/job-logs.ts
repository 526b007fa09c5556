// Logs of jobs by their id. Only what is known of a job leads to a path, never a name that comes from outside.
import { join } from 'node:path';
import { LastcallError } from '../base/errors.ts';
import type { Job } from './core/types.ts';
import type { Layout } from './engines/local/layout.ts';
import type { LogStream } from './logs.ts';

export interface LogChoice {
  readonly stream?: LogStream | undefined;
  /** Position of the first byte; negative: from the end. Default 0. */
  readonly from?: number | undefined;
  /** `main.0` (default), `main.N`, `with.NAME`. */
  readonly member?: string | undefined;
  /** Default: the newest. */
  readonly attempt?: number | undefined;
}

/** The directory that holds a member's logs. @throws LastcallError `not_found` */
export function logDirectory(
  layout: Layout,
  job: Job,
  { member = 'main.0', attempt = Math.max(1, job.attempt) }: LogChoice,
): string {
  const companions = job.spec.companions.map(({ name }) => `with.${name}`);
  const mains = Array.from({ length: job.spec.replicas }, (_, index) => `main.${index}`);
  const known = [...mains, ...companions];
  if (!known.includes(member)) {
    throw new LastcallError('not_found', {
      what: `it has no process ${JSON.stringify(member)}`,
      on: job.id,
      todo: `There are: ${known.slice(0, 20).join(', ')}.`,
    });
  }
  if (Number.isSafeInteger(attempt) && attempt >= 1 && attempt <= Math.max(1, job.attempt)) {
    return join(layout.job(job.id), String(attempt), member);
  }
  throw new LastcallError('not_found', {
    what: `it has had ${job.attempt} attempts`,
    on: job.id,
    todo: 'Leave the attempt out for the newest.',
  });
}
