// `lastcall jobs`: what the server has.
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'jobs',
  summary: 'List jobs, newest first',
  arguments: [],
  options: {
    state: { kind: { type: 'text', placeholder: 'STATE[,…]' }, describe: 'Only in these states', fallback: 'all' },
    owner: {
      kind: { type: 'text', placeholder: 'OWNER' },
      describe: 'Only of this owner; for administrators',
      fallback: 'all',
    },
    label: { kind: { type: 'text', placeholder: 'NAME=VALUE' }, describe: 'Only with this label' },
    limit: { kind: { type: 'integer', min: 1, max: 1_000 }, describe: 'At most so many', fallback: '100' },
    watch: { kind: { type: 'flag' }, describe: 'Show them anew whenever something changes, until Ctrl+C' },
  },
  settings: ['server', 'keyFile', 'stateDir'],
  examples: [
    { line: 'lastcall jobs --state queued,running', does: 'Who waits, and for what?' },
    { line: 'lastcall jobs --watch', does: 'As it changes' },
  ],
  async run({ options, settings, output }) {
    const { jobs } = await import('../server/jobs.ts');
    return jobs(options, settings, output);
  },
});
