// `lastcall drain INSTANCE`: takes an instance out of a gateway, and shows how it empties.
import { defineCommand } from '../command.ts';
import { GATEWAY_OPTION } from '../gateway/options.ts';

export const command = defineCommand({
  name: 'drain',
  summary: 'Take an instance or a version out of a gateway',
  details: [
    'Nothing new goes there from this moment on; existing sessions may for a while. What is in flight ends by itself, or is cut at the deadline with an event that says so. Ctrl+C ends the watching, not the drain.',
    'Exit code 0 once it is gone; 100 if something had to be cut.',
  ],
  arguments: [
    {
      name: 'instance',
      describe: 'Its id or the end of it, such as 127.0.0.1:9001; with --version MODEL/VERSION',
      kind: { type: 'text', placeholder: 'INSTANCE' },
      presence: 'required',
    },
  ],
  options: {
    deadline: {
      kind: { type: 'duration' },
      describe: 'Requests in flight may take this long; streams too, unless --streams says more',
      fallback: 'as configured, 60s',
    },
    streams: { kind: { type: 'duration' }, describe: 'Streams may take this long', fallback: 'as configured, 5m' },
    sessions: {
      kind: { type: 'duration' },
      describe: 'Existing sessions still come for this long; 0s moves them at once',
      fallback: 'as configured, 30s',
    },
    version: { kind: { type: 'flag' }, describe: 'Drain all instances of a version' },
    back: { kind: { type: 'flag' }, describe: 'Bring it back instead' },
    ...GATEWAY_OPTION,
  },
  settings: ['stateDir'],
  examples: [
    { line: 'lastcall drain 10.0.0.5:8000 --deadline 60s', does: 'Take one instance out, and watch it empty' },
    { line: 'lastcall drain churn/v1 --version', does: 'Take a whole version out' },
    { line: 'lastcall drain 10.0.0.5:8000 --back', does: 'Bring it back' },
  ],
  async run({ arguments: { instance }, options, settings, output }) {
    const { drain } = await import('../gateway/drain.ts');
    return drain(instance, options, settings, output);
  },
});
