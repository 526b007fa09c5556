// A wait that a signal ends early. It keeps the process alive: what is waited for is work that is still to be done.
import { setTimeout } from 'node:timers/promises';

export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => {});
}
