// Who was started by a process, seen from outside of its PID namespace.
import { readFileSync } from 'node:fs';
import { processIds, processStat } from '../../base/process-table.ts';
import { type ProcessRef, processRef } from './process-ref.ts';

/** The first child that has not ended; null if there is none. */
export function firstChildOf(pid: number): ProcessRef | null {
  for (const child of childrenOf(pid)) {
    const ref = processRef(child);
    if (ref) return ref;
  }
  return null;
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
  } catch {
    // Kernels without CONFIG_PROC_CHILDREN.
    return processIds().filter((candidate) => processStat(candidate)?.parent === pid);
  }
}
