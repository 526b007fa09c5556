// Where requests of a front go: to the one application behind it, when that can be spoken to.
import type {
  Answer,
  AttemptLimits,
  AttemptWatcher,
  Decision,
  Director,
  FailedAttempt,
  Hold,
  PlaneRequest,
  Upstream,
} from '../../gateway/index.ts';
import type { App } from './app.ts';
import type { TaskLog } from './task-log.ts';

export interface FrontDirectorOptions {
  readonly app: App;
  readonly upstream: Upstream;
  readonly limits: AttemptLimits;
  /** How long a request waits for an application that starts; 0 = not at all. */
  readonly waitMsMax: number;
  readonly taskLog: TaskLog | null;
}

/** An application that refused a connection is asked for anew after this long; then, if it starts, it is waited for. */
const AGAIN_MS = 250;

const NOT_READY: Answer = {
  action: 'answer',
  status: 503,
  headers: ['retry-after', '1', 'content-type', 'text/plain; charset=utf-8', 'cache-control', 'no-store'],
  body: 'The application is not ready; please try again.\n',
  booked: 'returned',
};

const NO_WATCHER: AttemptWatcher = { sent() {}, answered() {}, ended() {} };

export class FrontDirector implements Director {
  readonly #options: FrontDirectorOptions;
  readonly #untilReady: Hold;
  readonly #shortly: Hold;

  constructor(options: FrontDirectorOptions) {
    this.#options = options;
    const { app, waitMsMax } = options;
    const held = { action: 'hold', msMax: waitMsMax, otherwise: NOT_READY } as const;
    this.#untilReady = { ...held, wait: (resume) => app.wait(resume) };
    this.#shortly = { ...held, wait: shortly };
  }

  direct(request: PlaneRequest, failed: FailedAttempt | null): Decision {
    const { app, upstream, limits, taskLog } = this.#options;
    // There is no other instance, and one that it reached may have acted on it.
    if (failed?.reached === true) return lost(failed);
    if (failed) return this.#wait(this.#shortly);
    if (app.state !== 'ready') return this.#wait(this.#untilReady);
    return {
      action: 'forward',
      upstream,
      watcher: taskLog?.watch(request) ?? NO_WATCHER,
      target: null,
      requestHeaders: null,
      responseHeaders: null,
      limits,
      mirror: null,
    };
  }

  #wait(hold: Hold): Decision {
    const { app, waitMsMax } = this.#options;
    return waitMsMax === 0 || app.isFull ? NOT_READY : hold;
  }
}

function shortly(resume: () => void): () => void {
  const timer = setTimeout(resume, AGAIN_MS);
  return () => clearTimeout(timer);
}

function lost({ failure }: FailedAttempt): Answer {
  return {
    action: 'answer',
    status: failure === 'timeout' ? 504 : 502,
    headers: ['content-type', 'text/plain; charset=utf-8', 'cache-control', 'no-store'],
    body: 'The application was lost before it answered; it may have acted on the request.\n',
    booked: 'lost',
  };
}
