// What a job can hear and tell through LASTCALL_CONTROL (contracts.md, "Control socket"): a socket for each run, by the
// job's id, so that `lastcall status JOB` and `lastcall stop JOB` work like those of any unit. The job posts that it is
// ready, its progress, its checkpoints, that it is complete; it hears why it is asked to end, and how much time it has.
import { hostname } from 'node:os';
import { LastcallError } from '../base/errors.ts';
import { childRoutes, type ControlServer, startControlServer } from '../lifecycle/control/index.ts';
import type { Report } from '../lifecycle/report.ts';
import type { UnitCommands, UnitStatus, UnitView, UnitViewEvent } from '../lifecycle/view.ts';
import type { Cause, Phase } from '../lifecycle/core/types.ts';
import type { Job, Run, StopReason } from './core/types.ts';

/** What the scheduler is told of a run. */
export interface JobPort {
  complete(run: string): void;
  ready(run: string): void;
  /** Cancels the job; settles with the report of this run. */
  stop(job: string, run: string, graceMs: number | null): Promise<Report>;
}

/** What a job said of itself last. */
interface Said {
  fraction: number | null;
  metrics: Readonly<Record<string, number>>;
  checkpoint: { readonly path: string; readonly hash: string } | null;
  work: { accepted: number; finished: number; returned: number; lost: number };
}

class JobSocket {
  readonly job: Job;
  readonly run: Run;
  readonly said: Said = {
    fraction: null,
    metrics: {},
    checkpoint: null,
    work: { accepted: 0, finished: 0, returned: 0, lost: 0 },
  };
  readonly listeners = new Set<(event: UnitViewEvent) => void>();
  server: ControlServer | null = null;
  readonly #openedMs = performance.now();

  constructor(job: Job, run: Run) {
    this.job = job;
    this.run = run;
  }

  view(): UnitView {
    const { name, instance } = this.#identity();
    return {
      kind: 'job',
      name,
      instance,
      phase: () => this.#phase(),
      readiness: () => ({ ready: this.#phase() === 'ready', stage: null, remainingMs: null }),
      everReady: () => this.run.startedAtMs !== null,
      status: () => this.#status(),
      metrics: () => [],
      on: (listener) => {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
      },
    };
  }

  commands(port: JobPort): UnitCommands {
    const { id } = this.run;
    const { said } = this;
    const { name, instance } = this.#identity();
    return {
      stop: ({ deadlineMs }) => ({ unit: name, instance, ended: port.stop(this.job.id, id, deadlineMs ?? null) }),
      extend: () => ({ grantedMs: 0, reason: 'a job has the grace that it was submitted with' }),
      checkpoint: () =>
        Promise.reject(
          new LastcallError('usage', {
            what: 'a job makes its checkpoints itself',
            on: name,
            todo: 'lastcall preempt asks it to.',
          }),
        ),
      routes: () =>
        childRoutes({
          ready: () => port.ready(id),
          complete: () => port.complete(id),
          work: (work) => {
            for (const key of ['accepted', 'finished', 'returned', 'lost'] as const) said.work[key] += work[key];
          },
          progress: ({ fraction, metrics }) => Object.assign(said, { fraction: fraction ?? said.fraction, metrics }),
          checkpointed: (checkpoint) => Object.assign(said, { checkpoint }),
        }),
    };
  }

  tell(cause: Cause, budgetMs: number): void {
    const { name: unit, instance } = this.#identity();
    for (const listener of this.listeners) listener({ event: 'stopping', cause, budgetMs, unit, instance });
  }

  #identity() {
    return { name: this.job.id, instance: this.run.id };
  }

  #phase(): Phase {
    const { phase } = this.run;
    return phase === 'starting'
      ? 'starting'
      : phase === 'running'
        ? 'ready'
        : phase === 'ending'
          ? 'stopping'
          : 'ended';
  }

  #status(): UnitStatus {
    const { said } = this;
    const { accepted, finished, returned, lost } = said.work;
    const inFlight = Math.max(0, accepted - finished - returned - lost);
    return {
      unit: { kind: 'job', ...this.#identity(), pid: 0, host: hostname() },
      phase: this.#phase(),
      ready: this.#phase() === 'ready',
      everReady: this.run.startedAtMs !== null,
      stage: null,
      remainingMs: null,
      upMs: performance.now() - this.#openedMs,
      work: { of: 'items', inFlight, accepted, finished, returned, lost, unknown: 0 },
      checkpoint: null,
      pending: [],
      parts: [],
      details: { state: this.job.state, fraction: said.fraction, metrics: said.metrics, checkpoint: said.checkpoint },
    };
  }
}

export class JobSockets implements AsyncDisposable {
  readonly #stateDir: string;
  readonly #port: JobPort;
  readonly #open = new Map<string, Promise<JobSocket>>();

  constructor(stateDir: string, port: JobPort) {
    this.#stateDir = stateDir;
    this.#port = port;
  }

  /** The address for the job's environment; null where it cannot be had, and the job runs without. */
  async open(job: Job, run: Run): Promise<string | null> {
    let opening = this.#open.get(run.id);
    if (!opening) this.#open.set(run.id, (opening = this.#start(job, run)));
    return (await opening).server?.path ?? null;
  }

  /** Tells a job, before its signal, why it has to end and how long it may take. */
  async tell(run: Run, reason: StopReason, graceMs: number): Promise<void> {
    const socket = await this.#open.get(run.id);
    const kind =
      reason === 'preempt' ? 'preemption' : reason === 'lease' ? 'lease' : reason === 'timeout' ? 'deadline' : 'api';
    socket?.tell({ kind }, graceMs);
  }

  async close(run: string): Promise<void> {
    const opening = this.#open.get(run);
    this.#open.delete(run);
    await (await opening)?.server?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.keys()].map((run) => this.close(run)));
  }

  async #start(job: Job, run: Run): Promise<JobSocket> {
    const socket = new JobSocket(job, run);
    try {
      const [view, commands] = [socket.view(), socket.commands(this.#port)];
      socket.server = await startControlServer({ stateDir: this.#stateDir, name: job.id, view, commands });
    } catch {
      // A directory that holds no sockets: what the job would have told is not known, and nothing is assumed.
    }
    return socket;
  }
}
