// The end of a tree: killed as often as something of it appears, and looked at until it is proven gone or the time is up.
// Then whoever is left is named, and what it held must not be handed out again (invariant 5).
import { systemClock } from '../../base/clock.ts';
import { removeCgroup } from './cgroup.ts';
import type { ProcessRef } from './process-ref.ts';
import { killTree, lookAtRemains, type Proof, type Tree } from './tree.ts';

const LOOK_AGAIN_MS_MIN = 1;
const LOOK_AGAIN_MS_MAX = 25;

/**
 * A sweep can miss who is forked while it looks, and whose parent goes before it was looked at. Where there is only the
 * sweep, so many in a row have to find nothing; more of them once there was something.
 */
const CLEAN_LOOKS = 2;
const CLEAN_LOOKS_AFTER_KILL = 6;

/**
 * Kills what is left of a tree and waits for the proof that nothing is. Its control groups are removed with it.
 * @param remembered what was seen of the tree while it lived
 * @param boundMs what does not die within this time (uninterruptible sleep) is a survivor
 */
export async function endTree(tree: Tree, remembered: readonly ProcessRef[], boundMs: number): Promise<Proof> {
  const endAtMs = systemClock.monotonicMs() + boundMs;
  let needed = tree.rung === 'group' ? CLEAN_LOOKS : 1;
  let clean = 0;
  for (let pauseMs = LOOK_AGAIN_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, LOOK_AGAIN_MS_MAX)) {
    const proof = lookAtRemains(tree, remembered);
    clean = proof.proven === false ? 0 : clean + 1;
    if (clean >= needed) {
      if (tree.cgroup) removeCgroup(tree.cgroup);
      return proof;
    }
    if (systemClock.monotonicMs() >= endAtMs) return { ...proof, proven: false };
    if (proof.proven === false) {
      killTree(tree, [...remembered, ...proof.survivors]);
      if (tree.rung === 'group') needed = CLEAN_LOOKS_AFTER_KILL;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
