// Where in the control group hierarchies this process is, and so where it may make groups of its own: cgroups(7) with
// proc(5)'s mountinfo. Both the unified hierarchy (v2) and, for limits, the old controllers (v1) beside it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `unified`: cgroup v2. Anything else is a v1 controller. */
export type Hierarchy = 'unified' | 'memory' | 'pids';

/** The directory of this process's own group in a hierarchy, or null where it is not mounted. */
export function ownGroup(hierarchy: Hierarchy): string | null {
  try {
    return findGroup(
      hierarchy,
      readFileSync('/proc/self/cgroup', 'utf8'),
      readFileSync('/proc/self/mountinfo', 'utf8'),
    );
  } catch {
    return null;
  }
}

/** The same from the two files' contents. */
export function findGroup(hierarchy: Hierarchy, cgroups: string, mountinfo: string): string | null {
  const path = groupPath(hierarchy, cgroups);
  const mount = mountOf(hierarchy, mountinfo);
  if (path === null || mount === null) return null;
  const { root, point } = mount;
  if (path === root) return point;
  if (root === '/') return join(point, path);
  // Only a part of the hierarchy is mounted, as in containers that share the host's namespace of control groups.
  return path.startsWith(`${root}/`) ? join(point, path.slice(root.length)) : null;
}

/** Lines are `ID:CONTROLLERS:PATH`; the unified hierarchy has no controllers there. */
function groupPath(hierarchy: Hierarchy, cgroups: string): string | null {
  for (const line of cgroups.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const named = hierarchy === 'unified' ? controllers === '' : controllers.split(',').includes(hierarchy);
    if (named) return path;
  }
  return null;
}

/** Lines are `ID PARENT DEVICE ROOT POINT OPTIONS … - TYPE SOURCE SUPEROPTIONS`. */
function mountOf(hierarchy: Hierarchy, mountinfo: string): { root: string; point: string } | null {
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root, point] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (root === undefined || point === undefined) continue;
    const fits =
      hierarchy === 'unified' ? type === 'cgroup2' : type === 'cgroup' && options.split(',').includes(hierarchy);
    if (fits) return { root: unescape(root), point: unescape(point) };
  }
  return null;
}

/** Spaces and the like are written as octal numbers. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
