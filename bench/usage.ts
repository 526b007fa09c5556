// For programs that are measured: tells at their exit what they used. Imported by the program itself.
import { writeFileSync } from 'node:fs';
import type { Usage } from './program.ts';

/** Writes CPU time (user and system, all threads) and peak memory of this process, where BENCH_USAGE says. */
export function tellUsage(): void {
  const path = process.env['BENCH_USAGE'];
  if (path === undefined) return;
  process.once('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const usage: Usage = { cpuMs: (userCPUTime + systemCPUTime) / 1_000, peakBytes: maxRSS * 1_024 };
    writeFileSync(path, JSON.stringify(usage));
  });
}
