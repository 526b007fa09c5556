// `lastcall submit`: gives a job to the server. Attached, it shows what the job prints, keeps its lease, and ends with its exit code;
// Ctrl+C cancels the job and shows its ending, again leaves at once and lets the lease do the rest.
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { LastcallError, messageOf } from '../../base/errors.ts';
import type { JobView } from '../../scheduler/index.ts';
import type { ApiClient } from '../../server/index.ts';
import type { Settings } from '../command.ts';
import type { Output } from '../output.ts';
import { clientOf } from './client.ts';
import { jobsTable } from './render.ts';
import { requestOf, type SubmitWords } from './submit-request.ts';
import { systemClock } from '../../base/clock.ts';

const LEASE_RENEW_MS = 10_000;
/** A call of the ending: the network never holds the exit up for longer. */
const LEAVE_MS = 5_000;
const RETRY_MS = 1_000;
const FINAL: readonly string[] = ['completed', 'failed', 'cancelled'];

export async function submit(
  argv: readonly string[],
  words: SubmitWords,
  settings: Settings,
  output: Output,
): Promise<number> {
  const client = clientOf(settings);
  // Named here: a submit whose answer was lost is the same one when it is sent again.
  const submitted = await client.submit(requestOf(argv, words), randomUUID());
  const jobs = 'jobs' in submitted ? submitted.jobs : [submitted];
  if (words.detach || jobs.length !== 1) {
    if (output.format === 'json') for (const job of jobs) output.result(job, () => '');
    else output.result(null, () => jobsTable(jobs, systemClock.wallMs()));
    return 0;
  }
  return new Attached(client, jobs[0]!, output).run();
}

class Attached {
  readonly #client: ApiClient;
  readonly #output: Output;
  readonly #left = new AbortController();
  #job: JobView;
  #interrupts = 0;

  constructor(client: ApiClient, job: JobView, output: Output) {
    this.#client = client;
    this.#job = job;
    this.#output = output;
  }

  async run(): Promise<number> {
    const interrupt = (signal: NodeJS.Signals): void => void this.#interrupt(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    for (const signal of signals) process.on(signal, interrupt);
    const heartbeat = setInterval(() => void this.#renew(), LEASE_RENEW_MS);
    this.#output.note(this.#described());
    try {
      await this.#follow();
      return this.#end();
    } finally {
      clearInterval(heartbeat);
      for (const signal of signals) process.off(signal, interrupt);
    }
  }

  #described(): string {
    const { id, queue, state } = this.#job;
    return queue ? `${id} is ${queue.position}. in the queue: ${queue.why}` : `${id} is ${state}`;
  }

  /** Output of one attempt after the other, until the job is over. */
  async #follow(): Promise<void> {
    const { signal } = this.#left;
    const positions = { stdout: 0, stderr: 0 };
    for (let attempt = 1; !signal.aborted;) {
      try {
        await Promise.all(
          (['stdout', 'stderr'] as const).map(async (stream) => {
            const query = { stream, attempt: attempt > 1 ? attempt : undefined, from: positions[stream] };
            for await (const { from, bytes } of this.#client.followLog(this.#job.id, query, signal)) {
              process[stream === 'stdout' && this.#output.format === 'people' ? 'stdout' : 'stderr'].write(bytes);
              positions[stream] = from + bytes.length;
            }
          }),
        );
        this.#job = await this.#client.job(this.#job.id);
        if (FINAL.includes(this.#job.state)) return;
        if (this.#job.attempt > attempt) {
          this.#output.note(
            `${this.#job.id} goes on as attempt ${this.#job.attempt} (${this.#job.reason ?? 'queued again'})`,
          );
          attempt = this.#job.attempt;
          positions.stdout = positions.stderr = 0;
        } else await wait(RETRY_MS, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof LastcallError && error.code !== 'dependency' && error.code !== 'io') throw error;
        this.#output.note(`the server cannot be reached (${messageOf(error)}); trying again`);
        await wait(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  #end(): number {
    const { id, state, exitCode, reason } = this.#job;
    if (!FINAL.includes(state)) return 128 + 2;
    if (this.#output.format === 'json') this.#output.result(this.#job, () => '');
    if (state !== 'completed') this.#output.note(`${id} ${state}${reason === null ? '' : `: ${reason}`}`);
    return exitCode ?? (state === 'completed' ? 0 : 1);
  }

  async #renew(): Promise<void> {
    try {
      await this.#client.act(this.#job.id, 'lease', LEASE_RENEW_MS);
    } catch {
      // The next one may get through; when none does for the lease's time, the job is ended or goes on, as was said.
    }
  }

  async #interrupt(signal: NodeJS.Signals): Promise<void> {
    this.#interrupts++;
    const { id } = this.#job;
    if (this.#interrupts > 1) {
      this.#output.note(`leaving; the server ends ${id} when its lease runs out, within 30 s`);
      this.#left.abort();
      return;
    }
    this.#output.note(`${signal}: cancelling ${id}; once more leaves at once`);
    try {
      await this.#client.cancel(id, {}, LEAVE_MS);
    } catch (error) {
      this.#output.note(
        `it could not be cancelled (${messageOf(error)}); its lease runs out within 30 s, and then the server ends it`,
      );
      this.#left.abort();
    }
  }
}
