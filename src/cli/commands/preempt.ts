// `lastcall preempt ID`: a running job saves, and is queued again.
import { defineCommand } from '../command.ts';
import { JOB } from '../server/job-argument.ts';

export const command = defineCommand({
  name: 'preempt',
  summary: 'Ask a running job to save and give back what it holds; it is queued again',
  arguments: [JOB],
  options: {},
  settings: ['server', 'keyFile', 'stateDir'],
  examples: [
    {
      line: 'lastcall preempt job_01JD0000000000000000000000',
      does: 'Make room; it goes on later from its checkpoint',
    },
  ],
  async run({ arguments: { job }, settings, output }) {
    const { preempt } = await import('../server/act.ts');
    return preempt(job, settings, output);
  },
});
