// Any command as a unit. What other features use of it is the ownership of process trees.
export { frontDoor } from './front/door.ts';
export { type Front, type FrontOptions, startFront } from './front/front.ts';
export type { CgroupPlace, Limits } from './ownership/cgroup.ts';
export { killCgroup, makeCgroup, NO_LIMITS, removeCgroup } from './ownership/cgroup.ts';
export {
  type Cookie,
  COOKIE_VARIABLE,
  fateOfOwner,
  formatCookie,
  ownedAttempt,
  parseCookies,
  withCookie,
} from './ownership/cookie.ts';
export { launch, type LaunchRequest } from './ownership/launch.ts';
export type { OwnedProcess } from './ownership/owned-process.ts';
export { describeRef, isAlive, type ProcessRef, processRef, signalRef } from './ownership/process-ref.ts';
export { endTree } from './ownership/prove.ts';
export { findLeftovers, killLeftovers, type Leftover } from './leftovers/find.ts';
export { commandOn, waysDown, type Way } from './ownership/rungs.ts';
export { type Found, type Sweep, sweep } from './ownership/sweep.ts';
export { killTree, lookAtRemains, membersOf, type Proof, type Rung, RUNGS, type Tree } from './ownership/tree.ts';
export { planOf, type RunOptions } from './run/options.ts';
export { ownStderr } from './run/output.ts';
export { runPlan } from './run/run.ts';
