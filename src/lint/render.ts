// Charts and kustomizations as they will be applied: `helm template` and `kustomize build` (or `kubectl kustomize`) are
// called where they are installed, as argument lists, with a bound on time and size.
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LastcallError } from '../base/errors.ts';
import { Source } from './source/source.ts';

const LIMIT_MS = 60_000;
const OUTPUT_BYTES_MAX = 64 * 2 ** 20;

/** The command lines to try for a folder, in order; empty if it is neither a chart nor a kustomization. */
function commandsFor(path: string): string[][] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
  if (existsSync(join(path, 'Chart.yaml'))) return [['helm', 'template', path]];
  const names = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
  if (!names.some((name) => existsSync(join(path, name)))) return [];
  return [
    ['kustomize', 'build', path],
    ['kubectl', 'kustomize', path],
  ];
}

/** What a folder renders to, or undefined if there is nothing to render. @throws LastcallError `dependency`, `usage` */
export function render(path: string): Source | undefined {
  const commands = commandsFor(path);
  if (commands.length === 0) return undefined;
  for (const [program, ...words] of commands) {
    try {
      const text = execFileSync(program!, words, {
        encoding: 'utf8',
        timeout: LIMIT_MS,
        maxBuffer: OUTPUT_BYTES_MAX,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return new Source(`${path.replace(/\/$/, '')} (${program!})`, text);
    } catch (error) {
      const { code, stderr } = error as { code?: string; stderr?: string };
      if (code === 'ENOENT') continue;
      const why = (stderr ?? '').trim().split('\n').at(-1) || (code ?? 'it failed');
      throw new LastcallError('usage', {
        what: `${program!} cannot render this: ${why.slice(0, 300)}`,
        on: path,
        todo: `Run \`${[program, ...words].join(' ')}\` and mend what it says.`,
      });
    }
  }
  throw new LastcallError('dependency', {
    what: `neither of ${commands.map(([program]) => program).join(', ')} is installed`,
    on: path,
    todo: 'Install it, or render elsewhere and pass the result: `… | lastcall lint -`.',
  });
}
