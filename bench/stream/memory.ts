// Memory of the demo's pipeline over its run: three million flights with archives, as `lastcall demo stream` runs it on the
// calm side. The last third of the run is compared with the first: more would be a leak.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FLIGHTS } from '../../examples/flights/pipeline.ts';
import { quantile, summarise } from '../measure.ts';
import { runProgram } from '../program.ts';
import type { Bench } from '../table.ts';
import { installPublished, type Published } from './published.ts';

const SAMPLE_MS = 20;
/** Archives of a whole run, as in the demo. */
const ARCHIVES = 12;

export const memory: Bench = {
  about: "memory of the demo's pipeline over its run (Linux)",
  async *run({ quick }) {
    const records = quick ? 300_000 : FLIGHTS;
    const rounds = quick ? 1 : 3;
    const under = mkdtempSync(join(tmpdir(), 'lastcall-bench-'));
    try {
      const published = installPublished(under);
      const runs: Thirds[] = [];
      for (let round = 0; round < rounds; round++) runs.push(await sampled(records, under, published));
      const of = (third: (run: Thirds) => number): number[] => runs.map(third);
      const options = { bench: 'memory', case: `${records} flights with archives`, unit: 'MB', rounds };
      yield {
        ...summarise(
          'last third',
          'first third',
          of((run) => run.last),
          of((run) => run.first),
          options,
        ),
        counts: { peakMB: Math.round(Math.max(...of((run) => run.peak))), samples: runs[0]!.samples },
      };
    } finally {
      rmSync(under, { recursive: true });
    }
  },
};

/** Resident memory in MB: medians of two thirds of the run, and the peak that the kernel saw. */
interface Thirds {
  readonly first: number;
  readonly last: number;
  readonly peak: number;
  readonly samples: number;
}

async function sampled(records: number, under: string, { bin, app }: Published): Promise<Thirds> {
  const folder = mkdtempSync(join(under, 'memory-'));
  const words = [process.execPath, bin, 'stream', 'run', join(app, 'examples/flights/pipeline.ts')];
  const env = {
    LASTCALL_STATE_DIR: folder,
    FLIGHTS_RECORDS: String(records),
    FLIGHTS_ARCHIVE_EVERY: String(Math.floor(records / ARCHIVES)),
  };
  const samples: number[] = [];
  let peak = 0;
  let timer: NodeJS.Timeout | undefined;
  await runProgram(words, {
    folder,
    env,
    started: (pid) => {
      timer = setInterval(() => {
        const memory = memoryOf(pid);
        if (memory === null) return;
        samples.push(memory.residentMB);
        peak = Math.max(peak, memory.peakMB);
      }, SAMPLE_MS);
    },
  }).finally(() => clearInterval(timer));
  rmSync(folder, { recursive: true });
  const third = Math.floor(samples.length / 3);
  return {
    first: quantile(samples.slice(0, third), 0.5),
    last: quantile(samples.slice(-third), 0.5),
    peak,
    samples: samples.length,
  };
}

/** The pipeline starts no processes, so its own memory is all of it. Null for a process that is exiting. */
function memoryOf(pid: number): { residentMB: number; peakMB: number } | null {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const [residentKB, peakKB] = ['VmRSS', 'VmHWM'].map(
    (field) => new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1],
  );
  if (residentKB === undefined || peakKB === undefined) return null;
  return { residentMB: (Number(residentKB) * 1_024) / 1e6, peakMB: (Number(peakKB) * 1_024) / 1e6 };
}
