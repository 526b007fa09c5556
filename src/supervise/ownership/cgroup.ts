// A control group of our own: what is started in it stays in it, with all that it starts, and the kernel kills all of it at
// once (`cgroup.kill`, Linux 5.14). The best rung, where this process may make groups below its own ("delegated").
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LastcallError, messageOf } from '../../base/errors.ts';
import { ownGroup } from './cgroup-place.ts';

/** What a tree may use at most; null = not bounded by us. */
export interface Limits {
  readonly memoryBytes: number | null;
  readonly processes: number | null;
}

export const NO_LIMITS: Limits = { memoryBytes: null, processes: null };

/** The directories of one tree: the first holds it, the others only bound it (v1 controllers). */
export interface CgroupPlace {
  readonly path: string;
  readonly bounds: readonly string[];
}

/** Whether groups can be made, killed and watched here. */
export function canMakeCgroups(): boolean {
  const own = ownGroup('unified');
  if (own === null) return false;
  const probe = join(own, `lastcall-probe-${process.pid}`);
  try {
    mkdirSync(probe);
  } catch {
    return false;
  }
  try {
    // Older kernels have no cgroup.kill.
    return existsSync(join(probe, 'cgroup.kill'));
  } finally {
    remove(probe);
  }
}

/**
 * Makes the groups of a tree.
 * @param name of the directories
 * @throws LastcallError `dependency` for a limit that this machine cannot enforce, or if no group can be made
 */
export function makeCgroup(name: string, limits: Limits): CgroupPlace {
  const own = ownGroup('unified');
  const path = own === null ? null : make(own, name);
  if (path === null) throw cannot('no control group can be made here', 'Leave out the limits and --own cgroup.');
  const bounds: string[] = [];
  try {
    bound(path, 'memory', 'memory.max', 'memory.limit_in_bytes', limits.memoryBytes, bounds, name);
    bound(path, 'pids', 'pids.max', 'pids.max', limits.processes, bounds, name);
  } catch (error) {
    for (const made of [...bounds, path]) remove(made);
    throw error;
  }
  return { path, bounds };
}

/** In the tree's own group if its controller is there, else in a v1 group beside it. */
function bound(
  path: string,
  controller: 'memory' | 'pids',
  file: string,
  oldFile: string,
  value: number | null,
  bounds: string[],
  name: string,
): void {
  if (value === null) return;
  if (existsSync(join(path, file))) return write(join(path, file), value);
  const own = ownGroup(controller);
  const beside = own === null ? null : make(own, name);
  if (beside === null) {
    throw cannot(
      `a limit of ${controller} cannot be enforced: that controller is not delegated to this process`,
      `Leave the limit out, or delegate the controller (systemd: Delegate=${controller}).`,
    );
  }
  bounds.push(beside);
  write(join(beside, oldFile), value);
}

function write(file: string, value: number): void {
  try {
    writeFileSync(file, String(value));
  } catch (error) {
    throw cannot(`the limit ${value} was refused (${messageOf(error)})`, 'Give another value.', file, error);
  }
}

function make(parent: string, name: string): string | null {
  const path = join(parent, name);
  try {
    mkdirSync(path);
    return path;
  } catch {
    return null;
  }
}

/** Kills all that is in the group and in groups below it, at once. @returns false if the group is gone, or refuses */
export function killCgroup(path: string): boolean {
  try {
    writeFileSync(join(path, 'cgroup.kill'), '1');
    return true;
  } catch {
    return false;
  }
}

/** Whether a process that has not ended is in it or below it. A group that is gone is empty. */
export function isPopulated(path: string): boolean {
  try {
    return !/^populated 0$/m.test(readFileSync(join(path, 'cgroup.events'), 'utf8'));
  } catch (error) {
    return !isGone(error);
  }
}

/** Numbers of the processes in it and in groups below it. */
export function cgroupMembers(path: string): readonly number[] {
  try {
    const own = readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
    return [...own, ...below(path).flatMap(cgroupMembers)];
  } catch {
    return [];
  }
}

/** Removes the groups of a tree that has ended; what still holds something stays. */
export function removeCgroup({ path, bounds }: CgroupPlace): void {
  for (const group of [path, ...bounds]) remove(group);
}

function remove(path: string): void {
  try {
    for (const group of below(path)) remove(group);
    rmdirSync(path);
  } catch {
    // Gone already, or not empty: then the proof of release says so.
  }
}

function below(path: string): readonly string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [join(path, entry.name)] : [],
  );
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENODEV';
}

function cannot(what: string, todo: string, on?: string, cause?: unknown): LastcallError {
  return new LastcallError('dependency', { what, on, todo, cause });
}
