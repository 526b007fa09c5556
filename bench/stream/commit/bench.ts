// What persistence costs: the flights pipeline with commits against the same without, and commits of a large state of which
// little changes against a plain write of as much.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pair, summarise, type CaseResult } from '../../measure.ts';
import { countsOf, runProgram, type Run } from '../../program.ts';
import type { Bench } from '../../table.ts';
import { Weights } from './weights.ts';

const ENGINE = fileURLToPath(new URL('./engine.ts', import.meta.url));
const MIB = 2 ** 20;

export const commit: Bench = {
  about: 'what persistence adds to the flights pipeline, and commits of 64 MB of weights that change by 1 %',
  async *run({ quick }) {
    const under = mkdtempSync(join(tmpdir(), 'lastcall-bench-'));
    try {
      for (const sink of ['columns', 'rows'] as const) yield* overhead(sink, quick, under);
      yield await weights(quick, under);
    } finally {
      rmSync(under, { recursive: true });
    }
  },
};

/** By the clock, and by the CPU time of the whole process, which a busy machine does not change as much. */
async function* overhead(sink: 'columns' | 'rows', quick: boolean, under: string): AsyncIterable<CaseResult> {
  const records = quick ? 100_000 : 2_000_000;
  const runs: Record<string, Run[]> = { [sink]: [], unpersisted: [] };
  const measured = (name: string) => ({
    name,
    measure: async () => {
      const folder = mkdtempSync(join(under, 'run-'));
      const run = await runProgram([process.execPath, ENGINE, name, String(records), folder], { folder, env: {} });
      runs[name]!.push(run);
      rmSync(folder, { recursive: true });
      return (JSON.parse(run.stdout) as { tookMs: number }).tookMs;
    },
  });
  const title = `${records} flights, ready to end: time with commits against without`;
  const options = { bench: 'commit', case: title, unit: 'ms', rounds: quick ? 3 : 7 };
  const result = await pair(measured(sink), measured('unpersisted'), options);
  yield { ...result, counts: countsOf(runs[sink]!, runs['unpersisted']!) };
  const cpuMs = (name: string): number[] => runs[name]!.slice(-options.rounds).map((run) => run.cpuMs ?? Number.NaN);
  const byCpu = { ...options, case: `${records} flights, start to exit: CPU time with commits against without` };
  yield summarise(sink, 'unpersisted', cpuMs(sink), cpuMs('unpersisted'), byCpu);
}

async function weights(quick: boolean, under: string): Promise<CaseResult> {
  const mebibytes = quick ? 8 : 64;
  const folder = join(under, 'weights');
  mkdirSync(folder);
  await using measured = await Weights.create(mebibytes * MIB, folder);
  const rounds = quick ? 3 : 15;
  await measured.round(10);
  const commits: number[] = [];
  const writes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { commitMs, writeMs } = await measured.round(quick ? 5 : 20);
    commits.push(commitMs);
    writes.push(writeMs);
  }
  const title = `${mebibytes} MiB of weights, 1 % of the blocks changed: a commit against a plain write and fsync`;
  return summarise('lastcall', 'write, fsync', commits, writes, { bench: 'commit', case: title, unit: 'ms', rounds });
}
