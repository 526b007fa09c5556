// `lastcall stream replay FILE`: a part of a pipeline's life once more, for whoever looks for a mistake.
import { LastcallError } from '../../base/errors.ts';
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'stream replay',
  summary: 'Process records once more, elsewhere, and compare the result',
  details: [
    'FILE is the module with the pipeline. From an archive, or the very beginning, to a place: the state that comes out is the one that was there then, bit for bit. If an epoch ended there and is remembered, the result is compared with it; exit code 1 if they differ, which means that the step depends on something beside its records and its state, or has been changed.',
    "The pipeline's own state is only read, also while it runs. Tables that its sinks write are written in the copy; what would go to a service or into files goes to the table replayed_outputs of the copy. Calls to the outside in the step are made again.",
  ],
  arguments: [
    {
      name: 'file',
      describe: 'Module with the pipeline, TypeScript or JavaScript',
      kind: { type: 'path', placeholder: 'FILE' },
      presence: 'required',
    },
  ],
  options: {
    from: {
      kind: { type: 'text', placeholder: 'CHECKPOINT' },
      describe: 'Id or path of an archive, or start',
      fallback: 'the newest archive that lies before the place to go to',
    },
    to: {
      kind: { type: 'text', placeholder: 'POSITION' },
      describe: 'end, epoch:42, a number of records since the beginning, or PARTITION@PLACE such as 0@3:120',
      fallback: 'end, the newest epoch',
    },
    into: {
      kind: { type: 'path', placeholder: 'DIR' },
      describe: 'Becomes a state directory with the result; must not exist, or be empty',
    },
  },
  settings: ['stateDir'],
  examples: [
    {
      line: 'lastcall stream replay flights.ts --to 0@601 --into /tmp/before-601',
      does: 'The state as it was when the step failed, to be looked at',
    },
    {
      line: 'lastcall stream replay flights.ts --from start --into /tmp/again',
      does: 'Does the whole stream give the same bits again?',
    },
  ],
  async run({ arguments: { file }, options: { from, to, into }, settings, output }) {
    if (into === undefined) {
      throw new LastcallError('usage', {
        what: 'it is not said where the result goes',
        on: '--into',
        todo: 'Name a directory that does not exist yet: --into /tmp/replay.',
      });
    }
    const { replayFile } = await import('../stream/replay-file.ts');
    return replayFile(file, { from, to: to ?? 'end', into }, settings, output);
  },
});
