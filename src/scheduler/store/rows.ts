// Rows as both stores keep them: a few columns to find them by, and the rest as JSON.
import { LastcallError } from '../../base/errors.ts';
import { FINAL_STATES, type Job, type JobSpec } from '../core/types.ts';

export interface JobRow {
  readonly id: string;
  readonly seq: number;
  readonly owner: string;
  readonly state: string;
  /** 1 while the core needs it. */
  readonly live: number;
  readonly spec: string;
  /** Everything but the spec, which never changes. */
  readonly rest: string;
}

export function jobRow(job: Job): JobRow {
  const { spec, ...rest } = job;
  const live = FINAL_STATES.has(job.state) && job.run === null ? 0 : 1;
  const { id, seq, state } = job;
  return { id, seq, owner: spec.owner, state, live, spec: JSON.stringify(spec), rest: JSON.stringify(rest) };
}

/** @throws LastcallError `state_refused` for what is no job */
export function jobOf(spec: unknown, rest: unknown): Job {
  return { ...(parse(rest, 'job') as Omit<Job, 'spec'>), spec: parse(spec, 'job') as JobSpec };
}

export function parse(text: unknown, what: string): unknown {
  try {
    const row: unknown = JSON.parse(String(text));
    if (typeof row === 'object' && row !== null) return row;
  } catch {
    // Told below.
  }
  throw new LastcallError('state_refused', {
    what: `a row of ${what} cannot be read`,
    todo: 'Keep the database as it is and restore it from a copy; nothing was changed.',
  });
}
