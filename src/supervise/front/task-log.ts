// The task log of a front (contracts.md): a line when a request is taken, when it reaches the application, and when it
// ends. What began and never ended is then found by `lastcall reconcile`, also after a kill -9 of the front: lines are
// written before what they tell of happens. They are not synced, so a power failure may take the last of them.
import { closeSync, openSync, writeSync } from 'node:fs';

import { rfc3339, systemClock } from '../../base/clock.ts';
import { LastcallError, messageOf } from '../../base/errors.ts';
import type { AttemptWatcher, PlaneRequest } from '../../gateway/index.ts';

type Status = 'submitted' | 'started' | 'completed' | 'failed' | 'cancelled';

export interface TaskLogOptions {
  readonly path: string;
  /** Who works on the tasks: the unit's instance. */
  readonly instance: string;
  /** Told once, when a line could not be written; the requests go on. */
  readonly failed: (message: string) => void;
}

export class TaskLog {
  readonly #file: number;
  readonly #options: TaskLogOptions;
  /** Attempts of requests that are not over. */
  readonly #attempts = new Map<string, number>();
  #state: 'open' | 'broken' | 'closed' = 'open';

  /** @throws LastcallError `io` if the file cannot be opened */
  constructor(options: TaskLogOptions) {
    this.#options = options;
    try {
      this.#file = openSync(options.path, 'a', 0o600);
    } catch (error) {
      throw new LastcallError('io', {
        what: `the task log cannot be opened (${messageOf(error)})`,
        on: options.path,
        todo: 'Give the path of a file that can be written.',
        cause: error,
      });
    }
  }

  watch(request: PlaneRequest): AttemptWatcher {
    const attempt = (this.#attempts.get(request.id) ?? 0) + 1;
    this.#attempts.set(request.id, attempt);
    const taskId = `${this.#options.instance}/${request.id.slice(request.id.lastIndexOf('#') + 1)}`;
    const write = (status: Status) => this.#write(taskId, status, attempt, request);
    if (attempt === 1) write('submitted');
    return {
      sent: () => write('started'),
      answered() {},
      ended: ({ outcome, status }) => {
        // It never reached the application, and nothing has begun; there may be another attempt.
        if (outcome === 'returned') return;
        this.#attempts.delete(request.id);
        write(outcome === 'finished' && (status ?? 500) < 500 ? 'completed' : 'failed');
      },
    };
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    closeSync(this.#file);
  }

  #write(taskId: string, status: Status, attempt: number, { method, target, repeatable }: PlaneRequest): void {
    if (this.#state !== 'open') return;
    const query = target.indexOf('?');
    const line = {
      time: rfc3339(systemClock.wallMs()),
      task_id: taskId,
      status,
      job_id: this.#options.instance,
      attempt,
      idempotent: repeatable,
      // Without the query, which may hold secrets.
      payload_ref: `${method} ${query < 0 ? target : target.slice(0, query)}`,
    };
    try {
      writeSync(this.#file, `${JSON.stringify(line)}\n`);
    } catch (error) {
      this.#state = 'broken';
      this.#options.failed(messageOf(error));
    }
  }
}
