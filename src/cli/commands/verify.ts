// `lastcall verify PATH`: whether a state can be resumed from.
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'verify',
  summary: 'Check a state before anything is resumed from it',
  details: [
    'Looks at the database, the chain of its commits, its positions and its archives, and says what a start would do: go on, or fall back, and how far. Changes nothing. Quick by default; --deep also reads every piece of state and the files of every archive.',
    'Exit code 0 if a start would go on from the newest state, 106 if it would not.',
  ],
  arguments: [
    {
      name: 'path',
      describe: "A pipeline's directory (STATE/pipelines/NAME), one of its archives, or a whole state directory",
      kind: { type: 'path', placeholder: 'PATH' },
      presence: 'required',
    },
  ],
  options: {
    deep: { kind: { type: 'flag' }, describe: 'Read everything and compare all checksums' },
    pipeline: {
      kind: { type: 'path', placeholder: 'FILE' },
      describe:
        'Also check that the pipeline of this module can go on with it, and that its source still holds the positions',
    },
  },
  settings: [],
  examples: [
    {
      line: 'lastcall verify ~/.local/state/lastcall/pipelines/flights --deep',
      does: 'Is every bit of it as it was written?',
    },
  ],
  async run({ arguments: { path }, options: { deep, pipeline }, output }) {
    const { verifyPath } = await import('../stream/verify-path.ts');
    return verifyPath(path, { depth: deep ? 'deep' : 'quick', pipelineFile: pipeline }, output);
  },
});
