// What a process does with a signal, as Linux shows it: bit n - 1 of SigIgn in proc(5)'s status.
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

/** Whether it has chosen to ignore it. false where that cannot be known. */
export function ignoresSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    const mask = /^SigIgn:\s*([\da-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return mask !== undefined && ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
  } catch {
    return false;
  }
}
