// A tree of processes that is owned: plain data, so that it can be journalled, and what can be done with it from any
// process of the same user: find its members, signal them, kill it, and prove that nothing of it is left.
import { hasEnded, processIds, processStat, type ProcessStat } from '../../base/process-table.ts';
import { type CgroupPlace, cgroupMembers, isPopulated, killCgroup } from './cgroup.ts';
import { type Cookie, sameCookie } from './cookie.ts';
import { isAlive, type ProcessRef, refOf, sendSignal, signalRef } from './process-ref.ts';
import { sweep, sweepAndKill } from './sweep.ts';

/** How often one call sweeps on while it finds something to kill: some milliseconds each. */
const SWEEPS_MAX = 20;

/** From best to worst: what holds a tree together. */
export const RUNGS = ['cgroup', 'namespace', 'group'] as const;
export type Rung = (typeof RUNGS)[number];

export interface Tree {
  readonly rung: Rung;
  readonly cookie: Cookie;
  /** For `cgroup`. */
  readonly cgroup: CgroupPlace | null;
  /** For `namespace`: its process 1, as seen from outside. Without it the kernel lets nothing of the namespace live. */
  readonly init: ProcessRef | null;
  /** The command itself; null if it had ended before it was seen. */
  readonly command: ProcessRef | null;
  /** Start time of its first process, as in a ProcessRef: what is older is no part of it. */
  readonly since: string;
}

/**
 * Everything of a tree that can be found now, by its rung, by group, session and descent from what was found, and by
 * cookie. @param known found earlier: what descends from them belongs to the tree too
 */
export function membersOf(tree: Tree, known: readonly ProcessRef[] = []): readonly ProcessRef[] {
  const table = new Map(processIds().flatMap((pid) => entryOf(pid)));
  const members = new Set<number>(tree.cgroup ? cgroupMembers(tree.cgroup.path) : []);
  for (const found of sweep((cookie) => sameCookie(cookie, tree.cookie)).found) members.add(found.pid);
  for (const ref of [tree.init, tree.command, ...known]) {
    if (ref && table.get(ref.pid)?.startTime === ref.startTime) members.add(ref.pid);
  }
  addRelated(members, table);
  return [...members].flatMap((pid) => {
    const stat = table.get(pid) ?? processStat(pid);
    return stat === null || hasEnded(stat) || pid === process.pid ? [] : [refOf(stat)];
  });
}

function entryOf(pid: number): readonly (readonly [number, ProcessStat])[] {
  const stat = processStat(pid);
  return stat === null ? [] : [[pid, stat]];
}

/** What descends from members, or is in a session that a member leads, is a member; until no more are found. */
function addRelated(members: Set<number>, table: ReadonlyMap<number, ProcessStat>): void {
  for (let before = -1; before !== members.size;) {
    before = members.size;
    for (const { pid, parent, group, session } of table.values()) {
      if (members.has(parent) || members.has(session) || members.has(group)) members.add(pid);
    }
  }
}

/** Sends a signal to each of these that is still the process it was. @returns to how many */
export function signalAll(members: readonly ProcessRef[], signal: NodeJS.Signals): number {
  return members.filter((ref) => signalRef(ref, signal)).length;
}

/** Kills all of the tree that the rung and a look around reach now. What is being started meanwhile takes another call. */
export function killTree(tree: Tree, known: readonly ProcessRef[] = []): void {
  if (tree.cgroup) killCgroup(tree.cgroup.path);
  if (tree.init) signalRef(tree.init, 'SIGKILL');
  sweepAndKill((cookie) => sameCookie(cookie, tree.cookie), SWEEPS_MAX);
  killGroups(membersOf(tree, known));
}

/** Group by group, since the kernel lets nobody fork out of a group that is being killed; then who is alone. */
function killGroups(members: readonly ProcessRef[]): void {
  const ownGroup = processStat(process.pid)?.group;
  const groups = new Set<number>();
  for (const ref of members) {
    const stat = processStat(ref.pid);
    // Looked at once more: a number that means somebody else by now is left alone.
    if (stat?.startTime === ref.startTime && stat.group !== ownGroup && stat.group > 1) groups.add(stat.group);
  }
  for (const group of groups) sendSignal(-group, 'SIGKILL');
  signalAll(members, 'SIGKILL');
}

export interface Proof {
  /** `true`: the rung is empty, nothing has the cookie, and nothing seen earlier lives. `swept`: without the kernel's word. */
  readonly proven: boolean | 'swept';
  readonly survivors: readonly ProcessRef[];
  /** Processes of this user, younger than the command, whose environment cannot be read: they may be part of it or not. */
  readonly unknown: readonly ProcessRef[];
}

/** One look, without waiting. @param remembered what was seen of the tree while it lived */
export function lookAtRemains(tree: Tree, remembered: readonly ProcessRef[] = []): Proof {
  const { found, unknown } = sweep((cookie) => sameCookie(cookie, tree.cookie));
  const survivors = new Map(found.map((ref) => [ref.pid, ref as ProcessRef]));
  for (const ref of [tree.init, tree.command, ...remembered]) if (ref && isAlive(ref)) survivors.set(ref.pid, ref);
  if (tree.cgroup) for (const ref of membersOfCgroup(tree.cgroup)) survivors.set(ref.pid, ref);
  const empty = survivors.size === 0 && !(tree.cgroup && isPopulated(tree.cgroup.path));
  const certain = tree.rung !== 'group';
  return {
    proven: empty ? (certain ? true : 'swept') : false,
    survivors: [...survivors.values()],
    // What is older than the command was not started by it.
    unknown: unknown.filter((ref) => Number(ref.startTime) >= Number(tree.since)),
  };
}

function membersOfCgroup({ path }: CgroupPlace): readonly ProcessRef[] {
  return cgroupMembers(path).flatMap((pid) => {
    const stat = processStat(pid);
    return stat === null || hasEnded(stat) ? [] : [refOf(stat)];
  });
}
