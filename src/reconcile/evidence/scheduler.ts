// A Lastcall scheduler: what became of the job that a task names, by `GET /v1/jobs/{id}` (contracts).
import type { SchedulerClient } from '../actions/scheduler-client.ts';
import { messageOf } from '../../base/errors.ts';
import type { Answer, Witness } from './witness.ts';

const AT_WORK = ['queued', 'starting', 'running', 'stopping', 'preempted'];

export function schedulerWitness(client: SchedulerClient): Witness {
  return {
    name: 'scheduler',
    async ask({ job }, signal) {
      if (job === null || !job.startsWith('job_')) return null;
      try {
        const { status, body } = await client.call('GET', `/v1/jobs/${encodeURIComponent(job)}`, null, signal);
        if (status === 404) return { verdict: 'unknown', detail: `the scheduler does not know ${job}` };
        if (status !== 200) return { verdict: 'unknown', detail: `the scheduler answered ${status}` };
        return judge(job, (body as { state?: unknown } | null)?.state);
      } catch (error) {
        return { verdict: 'unknown', detail: `the scheduler did not answer: ${messageOf(error)}` };
      }
    },
  };
}

function judge(job: string, state: unknown): Answer {
  if (state === 'completed') return { verdict: 'ended', detail: `${job} completed` };
  if (state === 'failed' || state === 'cancelled') return { verdict: 'gone', detail: `${job} is ${state}` };
  if (typeof state === 'string' && AT_WORK.includes(state)) return { verdict: 'alive', detail: `${job} is ${state}` };
  return { verdict: 'unknown', detail: `${job} is in a state that is not known here: ${JSON.stringify(state)}` };
}
