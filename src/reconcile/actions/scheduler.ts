// Through a Lastcall scheduler: cancel the job that held the task, which proves its GPUs and ports free; run it again.
import { messageOf } from '../../base/errors.ts';
import type { Action, Outcome } from './act.ts';
import type { SchedulerClient } from './scheduler-client.ts';

export function schedulerRelease(client: SchedulerClient): Action {
  return {
    name: 'scheduler cancel',
    act: ({ attempt, intent }, signal) =>
      calling(attempt.job, async (job) => {
        const { status } = await client.call('DELETE', `/v1/jobs/${job}?wait=30s`, intent, signal);
        if (status === 200 || status === 404) return { result: 'done', detail: `${attempt.job} is cancelled` };
        if (status === 202) return { result: 'failed', detail: `${attempt.job} is still ending` };
        return refusedOrFailed(status);
      }),
  };
}

export function schedulerResubmit(client: SchedulerClient): Action {
  return {
    name: 'scheduler requeue',
    act: ({ attempt, intent }, signal) =>
      calling(attempt.job, async (job) => {
        const { status } = await client.call('POST', `/v1/jobs/${job}/requeue`, intent, signal);
        if (status >= 200 && status < 300) return { result: 'done', detail: `${attempt.job} is queued again` };
        if (status === 409) return { result: 'superseded', detail: `${attempt.job} completed, or runs again already` };
        return refusedOrFailed(status);
      }),
  };
}

async function calling(job: string | null, call: (job: string) => Promise<Outcome>): Promise<Outcome> {
  if (job === null) return { result: 'refused', detail: 'the task names no job' };
  try {
    return await call(encodeURIComponent(job));
  } catch (error) {
    return { result: 'failed', detail: `the scheduler did not answer: ${messageOf(error)}` };
  }
}

function refusedOrFailed(status: number): Outcome {
  const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return { result: isFinal ? 'refused' : 'failed', detail: `the scheduler answered ${status}` };
}
