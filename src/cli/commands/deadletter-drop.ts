// `lastcall deadletter drop PIPELINE`.
import { defineCommand } from '../command.ts';
import { ALL, IDS, PIPELINE, whichOf } from '../stream/dead-letter-schema.ts';

export const command = defineCommand({
  name: 'deadletter drop',
  summary: 'Forget dead letters for good',
  arguments: [PIPELINE, IDS],
  options: { all: ALL },
  settings: ['stateDir'],
  examples: [{ line: 'lastcall deadletter drop flights record:3,output:7', does: 'This one is of no use' }],
  async run({ arguments: { pipeline, ids }, options: { all }, settings, output }) {
    const { dropDeadLetters } = await import('../stream/dead-letters.ts');
    const { number } = await import('../text.ts');
    const count = dropDeadLetters(pipeline, settings, whichOf(ids, all));
    output.result({ count }, () =>
      count === 0 ? 'There is no dead letter.' : `${number(count, 'dead letter')} dropped.`,
    );
    return 0;
  },
});
