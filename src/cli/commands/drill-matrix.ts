// `lastcall drill matrix`: the standard set of scenarios, as a score card.
import { defineCommand } from '../command.ts';
import { TARGET_OPTIONS } from '../drill/options.ts';

export const command = defineCommand({
  name: 'drill matrix',
  summary: 'Run the twelve standard scenarios and print a score card',
  details: [
    'term, ctrl-c, idle, start, second-signal, double-tap, new-connections, pipelined, slow-readers, pause, starve, kill-restart. Exit code 0 only if none is unclean or invalid.',
  ],
  arguments: [],
  options: TARGET_OPTIONS,
  settings: ['stateDir'],
  examples: [
    {
      line: "lastcall drill matrix --cmd 'node server.js {port}' --ready /readyz --html card.html",
      does: 'How does this server end, whatever happens to it?',
    },
  ],
  async run({ options, settings, output }) {
    const { drillMatrix } = await import('../../drill/index.ts');
    return drillMatrix(options, settings, output);
  },
});
