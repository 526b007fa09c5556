// Tells the operator's hook what was found: JSON by POST, a few tries, never in the way of the work.
import { messageOf } from '../base/errors.ts';
import type { Recovery } from './core/recovery.ts';

const TRIES = 3;
const TIMEOUT_MS = 5_000;
/** Messages that wait for the hook; beyond it the oldest are given up and counted. */
const WAITING_MAX = 1_000;

export class Notifier {
  /** Messages that no hook took. */
  undelivered = 0;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #onFailure: (taskId: string, why: string) => void;
  readonly #waiting: Recovery[] = [];
  #sending: Promise<void> | null = null;

  constructor(
    url: string,
    headers: Readonly<Record<string, string>>,
    onFailure: (taskId: string, why: string) => void,
  ) {
    this.#url = url;
    this.#headers = headers;
    this.#onFailure = onFailure;
  }

  send(recovery: Recovery): void {
    this.#waiting.push(recovery);
    if (this.#waiting.length > WAITING_MAX) this.#giveUp(this.#waiting.shift()!, 'too many messages wait for the hook');
    this.#sending ??= this.#run();
  }

  /** Settles when everything was sent, or given up. */
  async flushed(): Promise<void> {
    await this.#sending;
  }

  async #run(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const why = await this.#deliver(next);
      if (why !== null) this.#giveUp(next, why);
    }
    this.#sending = null;
  }

  async #deliver(recovery: Recovery): Promise<string | null> {
    const { taskId, attempt, phase, why, evidence } = recovery;
    const body = JSON.stringify({ task_id: taskId, attempt, phase, why, evidence });
    let problem = '';
    for (let time = 0; time < TRIES; time++) {
      try {
        const answer = await fetch(this.#url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...this.#headers },
          body,
          redirect: 'manual',
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        await answer.body?.cancel();
        if (answer.ok) return null;
        problem = `it answered ${answer.status}`;
      } catch (error) {
        problem = messageOf(error instanceof Error && error.cause instanceof Error ? error.cause : error);
      }
    }
    return problem;
  }

  #giveUp(recovery: Recovery, why: string): void {
    this.undelivered++;
    this.#onFailure(recovery.taskId, why);
  }
}
