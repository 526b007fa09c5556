// `lastcall stream inspect PATH`: what is in a state.
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'stream inspect',
  summary: 'Show what is in the state of a pipeline',
  details: [
    'Places in the source, sizes of state and models, the largest keys, windows, what is stopped and parked, dead letters, what happened, and archives. Reads one snapshot, also while the pipeline runs, and changes nothing; every piece of state is compared with its checksum, so a large state takes a moment.',
    'Exit code 106 if the state is damaged: `lastcall verify` says what a start would do then.',
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
    top: {
      kind: { type: 'integer', min: 0, max: 100_000 },
      describe: 'How many keys of each state are named, largest first',
      fallback: '5',
    },
  },
  settings: [],
  examples: [
    { line: 'lastcall stream inspect ~/.local/state/lastcall/pipelines/flights', does: 'What does it know by now?' },
    { line: 'lastcall stream inspect STATE --top 100 --json', does: 'The hundred largest keys, for a program' },
  ],
  async run({ arguments: { path }, options: { top }, output }) {
    const { inspectPath } = await import('../stream/inspect-path.ts');
    return inspectPath(path, top, output);
  },
});
