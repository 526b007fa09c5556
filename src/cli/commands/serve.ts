// `lastcall serve`: the scheduler and its API.
import { defineCommand } from '../command.ts';
import { UNIT_SETTINGS } from '../unit-options.ts';

export const command = defineCommand({
  name: 'serve',
  summary: 'Run the scheduler and its API on this machine',
  details: [
    'Jobs outlive a crash of the server: each has a keeper of its own, and the next start takes up what runs. GPUs and ports are given out again only when they are proven free; what is not is put aside and checked again.',
    "The first start writes the administrator's key to STATE/admin.key, where the other commands find it. --on-stop says what becomes of jobs when the server is stopped: cancel ends them all, drain waits for them within the grace, leave lets them go on for the next start.",
  ],
  arguments: [],
  options: {
    host: { kind: { type: 'text', placeholder: 'ADDRESS' }, describe: 'Address to listen on', fallback: '127.0.0.1' },
    port: {
      kind: { type: 'integer', min: 0, max: 65_535 },
      describe: 'Port to listen on; 0 takes any free one',
      fallback: '8765',
    },
    onStop: {
      kind: { type: 'choice', choices: ['cancel', 'drain', 'leave'] },
      describe: 'What becomes of jobs when the server stops',
      fallback: 'cancel',
    },
    slots: { kind: { type: 'integer', min: 0, max: 10_000 }, describe: 'Declared slots in place of GPUs' },
    gpus: {
      kind: { type: 'text', placeholder: 'LIST' },
      describe: 'Only these GPUs: 0-3, 0,2 or UUIDs',
      fallback: 'all',
    },
    ports: {
      kind: { type: 'text', placeholder: 'RANGE' },
      describe: 'Ports that jobs may be given; none for none',
      fallback: '20000-20999',
    },
    noKeys: { kind: { type: 'flag' }, describe: 'Everybody who reaches it is the administrator; only on loopback' },
    hostName: {
      kind: { type: 'text', placeholder: 'NAME' },
      describe: 'A name that it may be called by, beside those of this machine',
      repeats: true,
    },
    origin: { kind: { type: 'text', placeholder: 'ORIGIN' }, describe: 'An origin whose pages may ask', repeats: true },
  },
  settings: UNIT_SETTINGS,
  examples: [
    { line: 'lastcall serve', does: 'All GPUs of this machine' },
    { line: 'lastcall serve --slots 4 --on-stop leave', does: 'Four slots; jobs go on while the server is updated' },
  ],
  async run({ options, settings, output }) {
    const { serve } = await import('../server/serve.ts');
    return serve(options, settings, output);
  },
});
