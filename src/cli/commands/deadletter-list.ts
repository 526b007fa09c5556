// `lastcall deadletter list PIPELINE`: what a pipeline could not do, and why.
import { defineCommand } from '../command.ts';
import { PIPELINE } from '../stream/dead-letter-schema.ts';

const LIMIT_DEFAULT = 100;
const CONTENT_SHOWN = 60;

export const command = defineCommand({
  name: 'deadletter list',
  summary: 'List records whose step failed, and outputs that were refused',
  arguments: [PIPELINE],
  options: {
    limit: {
      kind: { type: 'integer', min: 1, max: 100_000 },
      describe: 'Most of each kind, oldest first',
      fallback: String(LIMIT_DEFAULT),
    },
  },
  settings: ['stateDir'],
  examples: [{ line: 'lastcall deadletter list flights', does: 'What was set aside, and why?' }],
  async run({ arguments: { pipeline }, options: { limit }, settings, output }) {
    const { listDeadLetters } = await import('../stream/dead-letters.ts');
    const { oneLine, table } = await import('../text.ts');
    const letters = listDeadLetters(pipeline, settings, limit ?? LIMIT_DEFAULT);
    if (output.format === 'json') {
      for (const letter of letters) output.result(letter, () => '');
      return 0;
    }
    const rows = letters.map(({ id, from, attempts, error, content }) => {
      return [id, from, String(attempts), oneLine(error), oneLine(content).slice(0, CONTENT_SHOWN)];
    });
    const header = ['ID', 'FROM', 'ATTEMPTS', 'ERROR', 'CONTENT'];
    output.result(null, () => (rows.length === 0 ? 'No dead letters.' : table([header, ...rows], [2])));
    return 0;
  },
});
