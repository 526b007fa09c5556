// `--health-path NAME=PATH`: where a front answers for health, or `off` to leave that path to the application.
import { LastcallError } from '../../base/errors.ts';
import { suggestion } from '../../base/nearest.ts';
import type { FrontOptions } from './front.ts';

const NAMES = ['livez', 'readyz', 'health', 'startupz', 'metrics'] as const;

/** @throws LastcallError `usage` for a name that there is not, or what is no path */
export function parseHealthPaths(given: readonly string[], field: string): NonNullable<FrontOptions['paths']> {
  const paths: Record<string, string | null> = {};
  for (const text of given) {
    const at = text.indexOf('=');
    const name = at < 0 ? text : text.slice(0, at);
    const path = at < 0 ? '' : text.slice(at + 1);
    if (!(NAMES as readonly string[]).includes(name)) {
      throw new LastcallError('usage', {
        what: `${JSON.stringify(name)} is nothing that a front answers for`,
        on: field,
        todo: suggestion(name, NAMES, `There are ${NAMES.join(', ')}.`),
      });
    }
    if (path !== 'off' && !/^\/[!-~]*$/.test(path)) {
      throw new LastcallError('usage', {
        what: `${JSON.stringify(path)} is not a path`,
        on: `${field} ${name}`,
        todo: `Write ${name}=/some/path, or ${name}=off.`,
      });
    }
    paths[name] = path === 'off' ? null : path;
  }
  return paths;
}
