// A program that mounts.ts starts inside a mount namespace: `tmpfs DIR BYTES -- CMD…` or `bind FILE PLACE -- CMD…` mounts,
// then becomes the command, under the same process id.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const [kind, first = '', second = '', , ...command] = process.argv.slice(2);
const words =
  kind === 'tmpfs' ? ['-t', 'tmpfs', '-o', `size=${second},mode=0700`, 'none', first] : ['--bind', first, second];
if (spawnSync('mount', words, { stdio: 'inherit' }).status !== 0) process.exit(126);
const found = find(command[0] ?? '');
if (found === undefined) {
  process.stderr.write(`${command[0]}: not found\n`);
  process.exit(127);
}
process.execve!(found, command, process.env);

function find(program: string): string | undefined {
  const places = program.includes('/')
    ? [program]
    : (process.env['PATH'] ?? '').split(delimiter).map((it) => join(it, program));
  return places.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
