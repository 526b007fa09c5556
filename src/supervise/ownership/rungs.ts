// The ownership ladder: which rungs this machine offers, and how a command is started on each. Nothing is known for sure
// before it was tried (a sandbox may forbid what the capabilities allow), so launch.ts goes down the ladder.
import { spawnSync } from 'node:child_process';
import { canMakeCgroups } from './cgroup.ts';
import { maySetUpNamespaces, script, utilLinux } from './programs.ts';
import type { Rung } from './tree.ts';

const SHELL = '/bin/sh';
const NAMESPACE = ['--pid', '--fork', '--kill-child=KILL', '--mount-proc'];
const USER = ['--user', '--map-current-user'];
const PROBE_MS_MAX = 5_000;

/** A rung as it can be tried. */
export interface Way {
  readonly rung: Rung;
  /** Programs before the command; `join.sh` is added by `commandOn`. */
  readonly prefix: readonly string[];
  /** Whether the kernel ends the tree by itself when the owner dies, so that it needs no guardian. */
  readonly endsWithOwner: boolean;
}

/** From best to worst, as far as this machine may offer them. The last one always works. */
export function waysDown(environment: NodeJS.ProcessEnv, terminal: boolean): readonly Way[] {
  const { PATH } = environment;
  const ways: Way[] = [];
  if (process.platform === 'linux') {
    const setpriv = utilLinux('setpriv', PATH);
    const dies = setpriv === null ? [] : [setpriv, '--pdeathsig', 'KILL'];
    const cgroup: Way[] = canMakeCgroups() ? [{ rung: 'cgroup', prefix: [], endsWithOwner: false }] : [];
    // A terminal is handed over within one session, and a namespace's processes are in another.
    const namespace = terminal ? [] : namespaceWays(PATH, dies);
    // As process 1 of a container we would have to collect every orphan; a namespace has a process 1 of its own for that.
    ways.push(...(process.pid === 1 ? [...namespace, ...cgroup] : [...cgroup, ...namespace]));
    ways.push({ rung: 'group', prefix: terminal ? [] : dies, endsWithOwner: false });
  } else ways.push({ rung: 'group', prefix: [], endsWithOwner: false });
  return ways;
}

function namespaceWays(path: string | undefined, dies: readonly string[]): readonly Way[] {
  const unshare = utilLinux('unshare', path);
  if (unshare === null || utilLinux('setsid', path) === null) return [];
  if (maySetUpNamespaces()) {
    return [
      { rung: 'namespace', prefix: [...dies, ...joined([unshare, ...NAMESPACE])], endsWithOwner: dies.length > 0 },
    ];
  }
  // Its new credentials clear the parent-death signal (prctl(2)), so here a guardian does that part.
  const prefix = [unshare, ...USER, ...NAMESPACE];
  return works(prefix) ? [{ rung: 'namespace', prefix, endsWithOwner: false }] : [];
}

/** Through join.sh, which looks whether the owner still lives after the parent-death signal was asked for. */
function joined(command: readonly string[]): readonly string[] {
  return [SHELL, script('join'), String(process.pid), 'quiet', '--', ...command];
}

const probed = new Map<string, boolean>();

/** A user namespace may be forbidden in many ways, and then unshare says so on the user's terminal: tried unseen before. */
function works(prefix: readonly string[]): boolean {
  const key = prefix.join(' ');
  const known = probed.get(key);
  if (known !== undefined) return known;
  const [program = '', ...args] = prefix;
  const { status } = spawnSync(program, [...args, 'true'], { stdio: 'ignore', timeout: PROBE_MS_MAX });
  probed.set(key, status === 0);
  return status === 0;
}

/** The whole command line that starts `argv` on a rung. @param groups control groups to join */
export function commandOn(way: Way, argv: readonly string[], groups: readonly string[], terminal: boolean): string[] {
  if (way.rung === 'namespace') return [...way.prefix, SHELL, script('init'), ...argv];
  const join = script('join');
  const target = [...groups, '--', ...argv];
  if (terminal) return [SHELL, script('foreground'), join, ...target];
  return [...way.prefix, SHELL, join, String(process.pid), 'say', ...target];
}
