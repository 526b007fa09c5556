// `lastcall job ID`: one job.
import { defineCommand } from '../command.ts';
import { JOB } from '../server/job-argument.ts';

export const command = defineCommand({
  name: 'job',
  summary: 'Show one job: where it stands, what it holds, why it waits',
  arguments: [JOB],
  options: { report: { kind: { type: 'flag' }, describe: 'Its shutdown report instead' } },
  settings: ['server', 'keyFile', 'stateDir'],
  examples: [{ line: 'lastcall job job_01JD0000000000000000000000 --report', does: 'How did it end?' }],
  async run({ arguments: { job: id }, options, settings, output }) {
    const { job } = await import('../server/jobs.ts');
    return job(id, options, settings, output);
  },
});
