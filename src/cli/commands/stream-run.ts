// `lastcall stream run FILE`: runs a pipeline until its source ends or somebody ends it.
import { defineCommand } from '../command.ts';
import { UNIT_SETTINGS } from '../unit-options.ts';

export const command = defineCommand({
  name: 'stream run',
  summary: 'Run the pipeline that a module exports',
  details: [
    'FILE is a module whose default export is a pipeline. It resumes where its last commit was. The first Ctrl+C or SIGTERM ends it by its stages, the second gives up draining; nothing is lost by either. With --json the log and the progress are on stdout, one object a line; the last one has the report.',
    'Started by another program with an IPC channel, it ends when that program does.',
  ],
  arguments: [
    {
      name: 'file',
      describe: 'Module with the pipeline, TypeScript or JavaScript',
      kind: { type: 'path', placeholder: 'FILE' },
      presence: 'required',
    },
  ],
  options: {},
  settings: UNIT_SETTINGS,
  examples: [
    { line: 'lastcall stream run examples/flights/pipeline.ts', does: 'Learn from three million flights' },
    {
      line: 'lastcall stream run pipeline.ts --grace 30s --health-port 9090',
      does: 'As a service, with half a minute to end',
    },
  ],
  async run({ arguments: { file }, settings, output }) {
    const { runFile } = await import('../stream/run-file.ts');
    return runFile(file, settings, output);
  },
});
