// What is shown of jobs and of the pool: everything but what may hold secrets (the environment), with times for people.
import { rfc3339 } from '../base/clock.ts';
import { explain, positions } from './core/explain.ts';
import type { SchedulerState } from './core/state.ts';
import type { Job, JobState, ResourceState } from './core/types.ts';
import type { GpuSample } from './engines/local/gpus.ts';

export interface JobView {
  readonly id: string;
  /** Grows with every submission; what lists page by. */
  readonly seq: number;
  readonly name: string;
  readonly owner: string;
  readonly kind: 'task' | 'service';
  readonly state: JobState;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly gpus: number;
  readonly replicas: number;
  readonly template: string | null;
  readonly schedule: string | null;
  readonly array: { readonly id: string; readonly index: number } | null;
  readonly after: readonly string[];
  readonly attempt: number;
  readonly failures: number;
  readonly preemptions: number;
  /** RFC 3339, UTC. */
  readonly submittedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Why it ended, or what became of its last run. */
  readonly reason: string | null;
  /** As a shell shows it. */
  readonly exitCode: number | null;
  /** Of a service that is ready. */
  readonly url: string | null;
  /** What it holds now. */
  readonly gpuIds: readonly string[];
  readonly portNumbers: Readonly<Record<string, number>>;
  /** For a queued job. */
  readonly queue: { readonly position: number; readonly why: string; readonly startsAt: string | null } | null;
}

export interface ResourceView {
  readonly id: string;
  readonly kind: 'gpu' | 'port' | 'tree';
  readonly state: ResourceState;
  readonly job: string | null;
  /** Why it is quarantined, or who is on it. */
  readonly evidence: string | null;
  readonly nextCheckAt: string | null;
  readonly gpu: {
    readonly index: number;
    readonly node: string;
    readonly numa: number;
    readonly name: string | null;
    readonly usedBytes: number | null;
    readonly totalBytes: number | null;
    readonly utilization: number | null;
  } | null;
}

export interface PoolView {
  readonly nodes: readonly {
    readonly name: string;
    readonly cpus: number;
    readonly cpusUsed: number;
    readonly memoryBytes: number;
    readonly memoryUsedBytes: number;
  }[];
  /** All GPUs, and whatever else is not free. */
  readonly resources: readonly ResourceView[];
  readonly ports: readonly [number, number] | null;
  readonly queued: number;
  readonly running: number;
}

export interface Now {
  readonly atMs: number;
  readonly wallMs: number;
}

/** Shows jobs at one instant; the queue is walked once, and only if one of them is queued. */
export function jobViews(state: SchedulerState, jobs: readonly Job[], now: Now): readonly JobView[] {
  let places: ReadonlyMap<string, number> | null = null;
  const timeOf = (atMs: number) => rfc3339(now.wallMs + atMs - now.atMs);
  return jobs.map((stored) => {
    // What the core holds is newer than any row.
    const job = state.jobs.get(stored.id) ?? stored;
    const queued = job.state === 'queued' && state.queue.has(job.id);
    if (queued) places ??= positions(state, now.atMs);
    const explained = queued ? explain(state, job, places!.get(job.id) ?? 0, now.atMs, timeOf) : null;
    return jobView(
      state,
      job,
      explained && {
        position: explained.position,
        why: explained.why,
        startsAt: explained.startsAtMs === null ? null : timeOf(explained.startsAtMs),
      },
    );
  });
}

function jobView(state: SchedulerState, job: Job, queue: JobView['queue']): JobView {
  const { spec } = job;
  const run = job.run === null ? undefined : state.runs.get(job.run);
  const mains = job.state === 'queued' ? [] : (run?.members ?? []);
  return {
    id: job.id,
    seq: job.seq,
    name: spec.name,
    owner: spec.owner,
    kind: spec.readiness ? 'service' : 'task',
    state: job.state,
    argv: spec.command.argv,
    cwd: spec.command.cwd,
    labels: spec.labels,
    priority: spec.priority,
    gpus: spec.request.gpus,
    replicas: spec.replicas,
    template: spec.template,
    schedule: spec.schedule,
    array: spec.array && { id: spec.array.id, index: spec.array.index },
    after: spec.after.map((after) => after.job),
    attempt: job.attempt,
    failures: job.failures,
    preemptions: job.preemptions,
    submittedAt: rfc3339(job.submittedWallMs),
    startedAt: timeOrNull(job.startedWallMs),
    endedAt: timeOrNull(job.endedWallMs),
    reason: job.reason,
    exitCode: job.exitCode,
    url: job.url,
    gpuIds: mains.flatMap((member) => member.gpus),
    portNumbers: Object.assign({}, ...mains.map((member) => member.ports)) as Record<string, number>,
    queue,
  };
}

export function poolView(state: SchedulerState, samples: ReadonlyMap<string, GpuSample>, now: Now): PoolView {
  const resources = [...state.resources.values()].map(
    ({ id, kind, state: is, run, evidence, checkAtMs }): ResourceView => {
      const gpu = state.gpus.get(id);
      const sample = samples.get(id);
      return {
        id,
        kind,
        state: is,
        job: run === null ? null : run.slice(0, run.lastIndexOf('/')),
        evidence,
        nextCheckAt: is === 'quarantined' && checkAtMs !== null ? rfc3339(now.wallMs + checkAtMs - now.atMs) : null,
        gpu: gpu
          ? {
              index: gpu.index,
              node: gpu.node,
              numa: gpu.numa,
              name: sample?.name ?? null,
              usedBytes: sample?.usedBytes ?? null,
              totalBytes: sample?.totalBytes ?? null,
              utilization: sample?.utilization ?? null,
            }
          : null,
      };
    },
  );
  return {
    nodes: state.pool.nodes.map(({ name, cpus, memoryBytes }) => {
      const use = state.nodeUse.get(name);
      return { name, cpus, cpusUsed: use?.cpus ?? 0, memoryBytes, memoryUsedBytes: use?.memoryBytes ?? 0 };
    }),
    resources,
    ports: state.pool.ports,
    queued: state.queue.size,
    running: [...state.runs.values()].filter(({ phase }) => phase !== 'quarantined').length,
  };
}

function timeOrNull(wallMs: number | null): string | null {
  return wallMs === null ? null : rfc3339(wallMs);
}
