// Options that every command takes.
import type { OptionSchema } from './command.ts';

export const GLOBAL_OPTIONS = {
  json: {
    kind: { type: 'flag' },
    describe: 'Print the result as JSON on stdout: one object, or one a line for lists and streams',
  },
  config: {
    kind: { type: 'path', placeholder: 'FILE' },
    describe: 'Read settings from this file',
    fallback: 'lastcall.yaml here or in the nearest directory above',
  },
  debug: { kind: { type: 'flag' }, describe: 'Show stack traces of errors' },
} as const satisfies Record<string, OptionSchema>;
