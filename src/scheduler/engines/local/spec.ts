// The words, the environment and the directory of a command as a file that the keeper's shell reads: everything is quoted,
// so nothing in it is ever interpreted, and nothing of it stands on a command line for others to see.
import { LastcallError } from '../../../base/errors.ts';
import type { Command } from '../../core/types.ts';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** @throws LastcallError `usage` for a character that no process can be given */
export function specText({ argv, cwd, environment }: Command): string {
  const odd: string[] = [];
  const lines = Object.entries(environment).flatMap(([name, value]) => {
    if (NAME.test(name)) return [`export ${name}=${quote(value, name)}`];
    // Names that a shell cannot hold reach the command through env(1).
    if (name === '' || name.includes('=')) throw impossible(name, 'name of a variable');
    odd.push(quote(`${name}=${value}`, name));
    return [];
  });
  const words = argv.map((word) => quote(word, 'argv'));
  const through = odd.length > 0 ? ['env', ...odd] : [];
  return [
    `cd -- ${quote(cwd, 'cwd')} || exit 126`,
    // What the shell has of its own is not the command's.
    'unset PATH PWD OLDPWD',
    // Without a PATH there is still one to find the command by.
    ...(Object.hasOwn(environment, 'PATH') ? [] : [`export PATH=${DEFAULT_PATH}`]),
    ...lines,
    `set -- ${[...through, ...words].join(' ')}`,
    '',
  ].join('\n');
}

/** In single quotes everything but a single quote stands for itself. */
function quote(text: string, on: string): string {
  if (text.includes('\0')) throw impossible(on, 'text for a process');
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function impossible(on: string, what: string): LastcallError {
  return new LastcallError('usage', {
    what: `this is no ${what}, since it holds a character that no process can be given`,
    on: JSON.stringify(on),
    todo: 'Leave that character out.',
  });
}
