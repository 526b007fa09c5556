// `lastcall drill compare A B`: two reports side by side.
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'drill compare',
  summary: 'Compare two reports of drills',
  details: [
    'Exit code 1 if the second is worse in its verdict, its grade, or any count of what was dropped, lost or left.',
  ],
  arguments: [
    {
      name: 'a',
      describe: 'JSON of a drill, as --out writes it',
      kind: { type: 'path', placeholder: 'FILE' },
      presence: 'required',
    },
    { name: 'b', describe: 'JSON of another one', kind: { type: 'path', placeholder: 'FILE' }, presence: 'required' },
  ],
  options: {},
  settings: [],
  examples: [{ line: 'lastcall drill compare before.json after.json', does: 'Did the change make it better?' }],
  async run({ arguments: { a, b }, output }) {
    const { compareReports } = await import('../../drill/index.ts');
    return compareReports(a, b, output);
  },
});
