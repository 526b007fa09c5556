// What a run held beside its processes: whether its GPUs and ports are free. What is still being given back a moment after
// the end is asked for again until the time is up.
import { portId } from '../../core/resources.ts';
import type { Run } from '../../core/types.ts';
import type { Devices } from './devices.ts';
import { portEvidence } from './ports.ts';

const PAUSE_MS_MIN = 20;
const PAUSE_MS_MAX = 500;

/** @returns resource → evidence of what is not free. @param tree numbers of the run's processes */
export async function heldEvidence(
  devices: Devices,
  run: Run,
  usedBefore: Readonly<Record<string, number>>,
  tree: ReadonlySet<number>,
  endAtMs: number,
): Promise<Readonly<Record<string, string>>> {
  const gpus = run.members.flatMap((member) => member.gpus);
  const ports = run.members.flatMap((member) => Object.values(member.ports));
  for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
    const unproven = await devices.evidence(gpus, usedBefore, tree);
    for (const port of ports) {
      const evidence = await portEvidence(port);
      if (evidence !== null) unproven[portId(port)] = evidence;
    }
    if (Object.keys(unproven).length === 0 || performance.now() + pauseMs >= endAtMs) return unproven;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
