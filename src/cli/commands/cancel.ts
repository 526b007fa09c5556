// `lastcall cancel ID…`: ends jobs, in any state.
import { defineCommand } from '../command.ts';
import { JOB } from '../server/job-argument.ts';

export const command = defineCommand({
  name: 'cancel',
  summary: 'Cancel jobs, in any state; again is the same',
  details: [
    'Waits until each is over, and shows how. A queued job is over at once; a running one gets its stop signal, its grace, and then the kill.',
  ],
  arguments: [{ ...JOB, name: 'jobs', presence: 'any' }],
  options: {
    label: { kind: { type: 'text', placeholder: 'NAME=VALUE' }, describe: 'All that have this label and are not over' },
    owner: { kind: { type: 'text', placeholder: 'OWNER' }, describe: 'All of this owner that are not over' },
    jobGrace: { kind: { type: 'duration' }, describe: "In place of the job's own grace" },
    force: { kind: { type: 'flag' }, describe: 'Kill at once' },
    noWait: { kind: { type: 'flag' }, describe: 'Do not wait until it is over' },
  },
  settings: ['server', 'keyFile', 'stateDir'],
  examples: [
    { line: 'lastcall cancel job_01JD0000000000000000000000', does: 'One' },
    { line: 'lastcall cancel --label sweep=7', does: 'All of a sweep' },
  ],
  async run({ arguments: { jobs }, options, settings, output }) {
    const { cancel } = await import('../server/act.ts');
    return cancel(jobs, options, settings, output);
  },
});
