// The state directory that a command looks into: the one a unit of the same user and environment would use.
import { LastcallError } from '../base/errors.ts';
import { openStateDir } from '../lifecycle/state-dir.ts';
import type { Settings } from './command.ts';

/** @throws LastcallError `io` if it cannot be used */
export function stateDirectory(settings: Settings): string {
  const { path, warning } = openStateDir({ wanted: settings.text('stateDir') ?? null, environment: process.env });
  if (path !== null) return path;
  throw new LastcallError('io', {
    what: warning ?? 'there is no place for a state directory',
    todo: 'Name a directory that you may write to with --state-dir.',
  });
}
