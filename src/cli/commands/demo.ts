// `lastcall demo [stream]`: the product at work on this machine and on real data.
import { defineCommand } from '../command.ts';

const RECORDS_MAX = 3_000_000;

export const command = defineCommand({
  name: 'demo',
  summary: 'See the product at work on this machine and on real data',
  details: [
    'stream: an online model learns from three million real flights, predicting each before it is learnt. On the way the process gets SIGTERM, is killed three times, and its newest state is damaged; each time the state is verified and the work resumes. Beside it the same runs undisturbed, and at the end both are compared. Exit code 0 only if nothing was lost or doubled and both models are equal bit for bit. Takes about a minute.',
    'Ctrl+C ends it and everything that it started.',
  ],
  arguments: [
    {
      name: 'act',
      describe: 'Which one; all without it',
      kind: { type: 'choice', choices: ['stream'] },
      presence: 'optional',
    },
  ],
  options: {
    records: {
      kind: { type: 'integer', min: 1_000, max: RECORDS_MAX },
      describe: 'How many flights',
      fallback: '3000000',
    },
    seed: {
      kind: { type: 'integer', min: 0, max: Number.MAX_SAFE_INTEGER },
      describe: 'Decides where the interruptions are',
      fallback: '1',
    },
  },
  settings: ['stateDir'],
  examples: [
    { line: 'lastcall demo stream', does: 'Three million flights, five interruptions' },
    { line: 'lastcall demo stream --records 300000 --seed 7 --json', does: 'A short one, as one JSON object' },
  ],
  async run({ options: { records, seed }, settings, output }) {
    const { runDemo } = await import('../demo/demo.ts');
    return runDemo({ records: records ?? RECORDS_MAX, seed: seed ?? 1 }, settings, output);
  },
});
