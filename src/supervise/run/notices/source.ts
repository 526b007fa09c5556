// Preemption notices: the cloud says that it takes the machine in so many seconds. Who says it, and how it is asked.
import { LastcallError } from '../../../base/errors.ts';
import { suggestion } from '../../../base/nearest.ts';

export const CLOUDS = ['aws', 'gcp', 'azure'] as const;
export type Cloud = (typeof CLOUDS)[number];

export type NoticeSource =
  | { readonly kind: Cloud }
  /** Whichever of them answers. */
  | { readonly kind: 'auto' }
  /** A file that appears, with the milliseconds or a duration that are left in it, or nothing. */
  | { readonly kind: 'file'; readonly path: string };

export interface Notice {
  readonly provider: string;
  /** Until the machine is taken, from now. */
  readonly deadlineMs: number;
}

/** One cloud's metadata service. */
export interface CloudNotices {
  readonly cloud: Cloud;
  readonly everyMs: number;
  /** Whether this machine is one of theirs, answered within `boundMs`. */
  isHere(base: string, boundMs: number): Promise<boolean>;
  /** null: nothing is to happen. @param wallMs the time, asked when the answer is there @throws what went wrong with asking */
  ask(base: string, wallMs: () => number): Promise<Notice | null>;
}

/** @throws LastcallError `usage` */
export function parseNotice(text: string, on: string): NoticeSource {
  const kinds = [...CLOUDS, 'auto'] as const;
  const kind = kinds.find((known) => known === text);
  if (kind !== undefined) return { kind };
  const path = /^file:(.+)$/s.exec(text)?.[1];
  if (path !== undefined) return { kind: 'file', path };
  const todo = suggestion(text, [...kinds, 'file:'], 'Use aws, gcp, azure, auto or file:PATH.');
  throw new LastcallError('usage', { what: `${JSON.stringify(text)} gives no notices`, on, todo });
}
