// A setting: something that may come from an argument, the environment, lastcall.yaml or a default. Its path is its
// name everywhere: `stateDir` is `--state-dir`, `LASTCALL_STATE_DIR` and `stateDir:`; `stream.commitEvery` is
// `--commit-every` (the last part; arguments belong to one command), `LASTCALL_STREAM_COMMIT_EVERY` and `stream: { commitEvery: … }`.
import type { ValueKind } from './value.ts';

export interface Setting {
  /** Dotted path of camelCase names. */
  readonly path: string;
  readonly kind: ValueKind;
  /** What happens without it, for people: `75 s, or what the platform allows`. */
  readonly fallback: string;
  /** One line that says what it decides, with unit. */
  readonly describe: string;
}

/** `LASTCALL_STATE_DIR` of `stateDir`. */
export function environmentName(path: string): string {
  return `LASTCALL_${snake(path.replaceAll('.', '_'))}`;
}

/** `--state-dir` of `stateDir`, and of `stream.stateDir`. */
export function argumentName(path: string): string {
  const name = path.slice(path.lastIndexOf('.') + 1);
  return `--${snake(name).toLowerCase().replaceAll('_', '-')}`;
}

function snake(camel: string): string {
  return camel.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toUpperCase();
}
