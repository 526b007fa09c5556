// How long a start takes with a large state: verification and resume, in a fresh process, until the pipeline is at work;
// against reading the same file once. The file is in the page cache, as after a crash of the process.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pair, quantile } from '../../measure.ts';
import { countsOf, runProgram, type Run } from '../../program.ts';
import type { Bench } from '../../table.ts';

const PROGRAM = fileURLToPath(new URL('./program.ts', import.meta.url));

export const recovery: Bench = {
  about: 'verify and resume a state of 1 GB, until the pipeline is at work',
  async *run({ quick }) {
    const bytes = quick ? 2 ** 26 : 2 ** 30;
    const under = mkdtempSync(join(tmpdir(), 'lastcall-bench-'));
    const program = (task: string): Promise<Run> =>
      runProgram([process.execPath, PROGRAM, task, String(bytes), under], { folder: under, env: {} });
    try {
      await program('build');
      const resumes: Run[] = [];
      const reads: Run[] = [];
      const measured = (task: string, runs: Run[]) => ({
        name: task,
        measure: async () => {
          const run = await program(task);
          runs.push(run);
          return told(run).tookMs;
        },
      });
      const title = `${bytes / 2 ** 20} MiB of state: verify and resume against one read with a checksum`;
      const options = { bench: 'recovery', case: title, unit: 'ms', rounds: quick ? 3 : 7 };
      const result = await pair(measured('resume', resumes), measured('read', reads), options);
      const verifyMs = Math.round(
        quantile(
          resumes.map((run) => told(run).verifyMs),
          0.5,
        ),
      );
      yield { ...result, counts: { verifyMs, ...countsOf(resumes, reads) } };
    } finally {
      rmSync(under, { recursive: true });
    }
  },
};

function told(run: Run): { readonly tookMs: number; readonly verifyMs: number } {
  return JSON.parse(run.stdout) as { tookMs: number; verifyMs: number };
}
