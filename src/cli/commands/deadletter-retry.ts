// `lastcall deadletter retry PIPELINE`.
import { defineCommand } from '../command.ts';
import { ALL, IDS, PIPELINE, whichOf } from '../stream/dead-letter-schema.ts';

export const command = defineCommand({
  name: 'deadletter retry',
  summary: 'Offer refused outputs to their sink again',
  arguments: [PIPELINE, IDS],
  options: { all: ALL },
  settings: ['stateDir'],
  examples: [{ line: 'lastcall deadletter retry flights --all', does: 'The other side is well again' }],
  async run({ arguments: { pipeline, ids }, options: { all }, settings, output }) {
    const { retryDeadLetters } = await import('../stream/dead-letters.ts');
    const count = retryDeadLetters(pipeline, settings, whichOf(ids, all));
    output.result({ count }, () => `${count} offered again at the next commit or start.`);
    return 0;
  },
});
