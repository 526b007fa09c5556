// Jobs and the pool for people.
import { formatMs } from '../../base/duration.ts';
import type { JobView, PoolView } from '../../scheduler/index.ts';
import { oneLine, table } from '../text.ts';

const COMMAND_SHOWN = 48;
const WHY_SHOWN = 100;

export function jobsTable(jobs: readonly JobView[], nowMs: number): string {
  if (jobs.length === 0) return 'No jobs.';
  const header = ['JOB', 'STATE', 'NAME', 'OWNER', 'GPUS', 'AGE', 'WHY'];
  return table([header, ...jobs.map((job) => row(job, nowMs))], [4, 5]);
}

function row(job: JobView, nowMs: number): string[] {
  const { id, state, name, owner, gpus, replicas, submittedAt, reason, queue } = job;
  const age = formatMs(Math.max(0, nowMs - Date.parse(submittedAt)));
  const why = queue ? `${queue.position}. in the queue: ${queue.why}` : (reason ?? '');
  return [id, state, oneLine(name), owner, String(gpus * replicas), age, oneLine(why).slice(0, WHY_SHOWN)];
}

export function jobText(job: JobView): string {
  const { queue, portNumbers, gpuIds, labels } = job;
  const pairs: [string, string | null][] = [
    ['job', job.id],
    ['state', job.exitCode === null ? job.state : `${job.state}, exit code ${job.exitCode}`],
    ['reason', job.reason],
    ['command', oneLine(job.argv.join(' ')).slice(0, COMMAND_SHOWN * 4)],
    ['owner', job.owner],
    ['priority', String(job.priority)],
    ['attempts', `${job.attempt}, of which ${job.failures} failed and ${job.preemptions} were preempted`],
    ['submitted', job.submittedAt],
    ['started', job.startedAt],
    ['ended', job.endedAt],
    ['waits', queue && `${queue.position}. in the queue: ${queue.why}`],
    ['starts', queue?.startsAt ?? null],
    ['url', job.url],
    ['gpus', gpuIds.length > 0 ? gpuIds.join(', ') : null],
    [
      'ports',
      Object.entries(portNumbers)
        .map(([name, port]) => `${name} ${port}`)
        .join(', ') || null,
    ],
    [
      'labels',
      Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(', ') || null,
    ],
    ['after', job.after.join(', ') || null],
  ];
  return table(pairs.flatMap(([name, value]) => (value === null ? [] : [[name, oneLine(value)]])));
}

const GIBIBYTE = 2 ** 30;

export function poolText(pool: PoolView): string {
  const header = ['RESOURCE', 'STATE', 'JOB', 'MEMORY', 'BUSY', 'EVIDENCE'];
  const rows = pool.resources.map(({ id, state, job, gpu, evidence }) => [
    id,
    state,
    job ?? '-',
    gpu?.usedBytes == null || gpu.totalBytes === null
      ? '-'
      : `${(gpu.usedBytes / GIBIBYTE).toFixed(1)} of ${(gpu.totalBytes / GIBIBYTE).toFixed(0)} GiB`,
    gpu?.utilization == null ? '-' : `${Math.round(gpu.utilization * 100)} %`,
    oneLine(evidence ?? '').slice(0, WHY_SHOWN),
  ]);
  const nodes = pool.nodes.map(({ name, cpus, cpusUsed }) => `${name}: ${cpusUsed} of ${cpus} CPUs given out`);
  return [`${pool.running} running, ${pool.queued} queued. ${nodes.join('; ')}`, '', table([header, ...rows])].join(
    '\n',
  );
}
