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
    const { number } = await import('../text.ts');
    const { count, records } = retryDeadLetters(pipeline, settings, whichOf(ids, all));
    const stay =
      records === 0
        ? ''
        : ` ${number(records, 'record')} whose step failed ${records === 1 ? 'stays: feed it in again, or drop it' : 'stay: feed them in again, or drop them'}.`;
    const offered =
      count === 0
        ? 'There is no refused output to be offered again.'
        : `${number(count, 'output')} offered again: when ${pipeline} commits next, or starts.`;
    output.result({ count, records }, () => `${offered}${all ? stay : ''}`);
    return 0;
  },
});
