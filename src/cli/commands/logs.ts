// `lastcall logs ID`: what a job printed.
import { defineCommand } from '../command.ts';
import { JOB } from '../server/job-argument.ts';

export const command = defineCommand({
  name: 'logs',
  summary: 'Print what a job printed',
  details: ['The bytes as they are. With --json each piece is an object with its position and its text.'],
  arguments: [JOB],
  options: {
    follow: { kind: { type: 'flag' }, describe: 'Go on with what comes, until it is over' },
    stderr: { kind: { type: 'flag' }, describe: 'Its stderr in place of its stdout' },
    member: {
      kind: { type: 'text', placeholder: 'NAME' },
      describe: 'main.0, main.1 of a gang, with.NAME of a companion',
      fallback: 'main.0',
    },
    attempt: { kind: { type: 'integer', min: 1, max: 1_000_000 }, describe: 'Of this attempt', fallback: 'the newest' },
    tail: { kind: { type: 'integer', min: 1, max: 1_000_000_000 }, describe: 'Only the last so many bytes' },
  },
  settings: ['server', 'keyFile', 'stateDir'],
  examples: [{ line: 'lastcall logs job_01JD0000000000000000000000 --follow', does: 'As it runs' }],
  async run({ arguments: { job: id }, options, settings, output }) {
    const { logs } = await import('../server/logs.ts');
    return logs(id, options, settings, output);
  },
});
