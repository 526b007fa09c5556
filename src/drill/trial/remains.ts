// What a target left behind, looked at after its first process ended, until nothing is left or the time for it is over.
import type { Target } from '../target/target.ts';
import { gpuProcesses } from '../watch/gpu.ts';
import { commandOf, isListening, listeningPorts, type ProcessRow } from '../watch/process-table.ts';

export interface Remains {
  readonly processes: readonly string[];
  readonly ports: readonly number[];
  readonly gpu: readonly string[] | null;
  /** When nothing was left any more; null if something is. */
  readonly goneAtMs: number | null;
}

/** What a target has while it works. */
export interface Possessions {
  readonly ports: readonly number[];
  readonly pids: ReadonlySet<number>;
}

const LOOK_MS = 25;

export function possessionsOf(target: Target): Possessions {
  const pids = target.processes().map((row) => row.pid);
  return { ports: listeningPorts(pids), pids: new Set(pids) };
}

/** @param settleMs how long what is left has to go by itself */
export async function remainsOf(target: Target, had: Possessions, settleMs: number): Promise<Remains> {
  const endAtMs = performance.now() + settleMs;
  for (;;) {
    const survivors = target.survivors();
    const ports = had.ports.filter(isListening);
    const nowMs = performance.now();
    const isGone = survivors.length === 0 && ports.length === 0;
    if (isGone || nowMs > endAtMs) {
      return {
        processes: survivors.map(describe),
        ports,
        gpu: await gpuOf(had, survivors),
        goneAtMs: isGone ? nowMs : null,
      };
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function gpuOf(had: Possessions, survivors: readonly ProcessRow[]): Promise<string[] | null> {
  const onGpu = await gpuProcesses();
  if (onGpu === null) return null;
  const ours = new Set([...had.pids, ...survivors.map((row) => row.pid)]);
  return onGpu.filter((pid) => ours.has(pid)).map((pid) => `process ${pid}`);
}

function describe({ pid }: ProcessRow): string {
  return `${commandOf(pid)} (${pid})`;
}
