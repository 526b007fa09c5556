// What a front answers by itself, before the application and without counting it as work.
import type { Answer } from './answers.ts';

export interface FrontRules {
  /** Answer of a health path; null for a path of the application. */
  answer(path: string): Answer | null;
  /** What becomes of a request that comes after intake began: 503 with Retry-After, or a connection closed in silence. */
  refuse(path: string): Refusal;
}

/** `close` is for clients to whom every HTTP error is fatal, but a lost connection is not. */
export type Refusal = 'answer' | 'close';
