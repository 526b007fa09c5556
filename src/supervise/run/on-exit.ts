// `--on-exit CMD`: a command of the user's that hears how it ended, after the report is written. It delays the exit for no
// longer than the budget, and then it is killed.
import { spawn } from 'node:child_process';
import type { Report } from '../../lifecycle/index.ts';

/** @param path of the report; null if it could not be written @throws Error if it failed, or took too long */
export async function tellOnExit(
  [program, ...words]: readonly [string, ...string[]],
  report: Report,
  path: string | null,
  environment: NodeJS.ProcessEnv,
  boundMs: number,
): Promise<void> {
  const env = {
    ...environment,
    LASTCALL_EXIT_CODE: String(report.exitCode),
    LASTCALL_OUTCOME: report.outcome,
    ...(path === null ? {} : { LASTCALL_REPORT: path }),
  };
  const child = spawn(program, words, { env, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  const timer = setTimeout(() => {
    // With what it started: nothing of ours outlives us.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, boundMs);
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(`${program} of --on-exit ended with ${code ?? signal}`));
      });
    });
  } finally {
    clearTimeout(timer);
  }
}
