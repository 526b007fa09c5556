// What releases and what resubmits. Each is given the id of its intent, the same for every try, so that its receiver can
// tell a second try from a second task.
import type { ActionResult } from '../core.ts';
import type { Evidence } from '../core/recovery.ts';
import type { Values } from '../template.ts';

export interface Order extends Values {
  readonly intent: string;
  readonly evidence: Evidence;
}

export interface Outcome {
  readonly result: ActionResult;
  /** For people; no full stop. */
  readonly detail: string;
}

export interface Action {
  /** `http DELETE`, `command`, `scheduler`. */
  readonly name: string;
  /** Never rejects but by `signal`. */
  act(order: Order, signal: AbortSignal): Promise<Outcome>;
}
