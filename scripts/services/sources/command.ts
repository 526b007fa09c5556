// Runs an installer's command, owned, so that no download goes on after us. What it printed is shown only if it fails.
import { spawnSync } from 'node:child_process';
import { spawnOwned } from '../../owned/own.ts';

/** Downloads included; an installer that takes longer has hung. */
const COMMAND_MS_MAX = 10 * 60_000;

/** Resolves to stdout. @throws Error with the command and the end of what it printed */
export async function runCommand(command: string, args: readonly string[], cwd: string): Promise<string> {
  const printed = { stdout: '', stderr: '' };
  const owned = spawnOwned(command, args, {
    cwd,
    env: process.env,
    output: (chunk, from) => (printed[from] += chunk.toString()),
  });
  const timer = setTimeout(() => owned.kill(), COMMAND_MS_MAX);
  const { code } = await owned.ended;
  clearTimeout(timer);
  if (code === 0) return printed.stdout;
  const end = `${printed.stdout}\n${printed.stderr}`.trim().split('\n').slice(-8).join('\n  ');
  throw new Error(`${[command, ...args].join(' ')} ended with ${code}:\n  ${end}`);
}

/** Whether the command starts and ends with 0. */
export function commandWorks(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 30_000 }).status === 0;
}
