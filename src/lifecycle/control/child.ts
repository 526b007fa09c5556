// What a child tells the unit that started it, over the socket named in LASTCALL_CONTROL (contracts.md). The unit gives
// these routes to its control server as an extension; `POST /extend` is one of the unit's own already.
import type { ControlHandler } from '../types.ts';
import { Fields } from './body.ts';

/** Counts since the last message, so that several processes of a child can tell theirs. */
export interface ChildWork {
  readonly accepted: number;
  readonly finished: number;
  readonly returned: number;
  readonly lost: number;
}

export interface ChildProgress {
  /** 0 … 1; undefined where the end is not known. */
  readonly fraction: number | undefined;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface ChildCheckpoint {
  readonly path: string;
  /** In whatever notation the child uses; compared, never interpreted. */
  readonly hash: string;
}

/** Who listens to a child. What these throw is told to the child as an error. */
export interface ChildPort {
  ready(): void;
  work(work: ChildWork): void;
  progress(progress: ChildProgress): void;
  checkpointed(checkpoint: ChildCheckpoint): void;
  /** The work is complete: an exit after this is an end, not a failure. */
  complete(): void;
}

/** Metrics that one message may carry. */
const METRICS_MAX = 100;

export function childRoutes(child: ChildPort): Readonly<Record<string, ControlHandler>> {
  return {
    'POST /ready': told((fields) => {
      fields.done();
      child.ready();
    }),
    'POST /work': told((fields) => {
      const [accepted = 0, finished = 0, returned = 0, lost = 0] = ['accepted', 'finished', 'returned', 'lost'].map(
        (name) => fields.count(name),
      );
      fields.done();
      child.work({ accepted, finished, returned, lost });
    }),
    'POST /progress': told((fields) => {
      const fraction = fields.number('fraction');
      const metrics = fields.numbers('metrics', METRICS_MAX) ?? {};
      fields.done();
      child.progress({ fraction: fraction === undefined ? undefined : Math.min(1, fraction), metrics });
    }),
    'POST /checkpointed': told((fields) => {
      const path = fields.require('path', fields.text('path'));
      const hash = fields.require('hash', fields.text('hash'));
      fields.done();
      child.checkpointed({ path, hash });
    }),
    'POST /complete': told((fields) => {
      fields.done();
      child.complete();
    }),
  };
}

/** A message with nothing to answer. */
function told(take: (fields: Fields) => void): ControlHandler {
  return ({ body }) => {
    take(new Fields(body));
    return Promise.resolve({ status: 204, body: null });
  };
}
