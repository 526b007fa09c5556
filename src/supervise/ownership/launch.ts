// Starts a command so that it is owned: on the best rung that works here, with its cookie, and with somebody who ends the
// tree when this process is gone. From then on its end is known at once, and it can be signalled, killed and proven gone.
import { type ChildProcess, spawn } from 'node:child_process';
import { LastcallError, messageOf } from '../../base/errors.ts';
import { processStat } from '../../base/process-table.ts';
import { type CgroupPlace, type Limits, makeCgroup, removeCgroup } from './cgroup.ts';
import { type Cookie, withCookie } from './cookie.ts';
import { Guardian } from './guardian.ts';
import { OwnedProcess } from './owned-process.ts';
import { firstChildOf } from './offspring.ts';
import { processRef } from './process-ref.ts';
import { Reports } from './reports.ts';
import { commandOn, waysDown, type Way } from './rungs.ts';
import type { Rung } from './tree.ts';

/** Where a stream of the command goes: to ours of the same number, to another of ours, nowhere, or to a pipe to us. */
export type Stream = 'inherit' | 'ignore' | 'pipe' | number;

export interface LaunchRequest {
  /** The command and its words; never read by a shell. */
  readonly argv: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
  readonly cookie: Cookie;
  /** stdin, stdout, stderr. */
  readonly streams: readonly [Stream, Stream, Stream];
  /** Name of its control group: unique on this machine. */
  readonly group: string;
  readonly limits: Limits;
  /** The only rung that will do; null: the best that works. */
  readonly rung: Rung | null;
  /** The command gets the terminal that we are on. */
  readonly terminal: boolean;
}

/** @throws LastcallError `dependency` if the rung asked for, or a limit, cannot be had here */
export async function launch(request: LaunchRequest): Promise<OwnedProcess> {
  const { rung, limits } = request;
  const bounded = limits.memoryBytes !== null || limits.processes !== null;
  const ways = waysDown(request.environment, request.terminal).filter((way) => rung === null || way.rung === rung);
  if (bounded && ways[0]?.rung !== 'cgroup') throw notHere('limits need a control group, and none');
  for (const way of ways) {
    const owned = await tryWay(request, way);
    if (owned) return owned;
    // Without a group nothing would enforce the limits.
    if (bounded && way.rung === 'cgroup') throw notHere('limits need a control group, and none');
  }
  throw notHere(rung === null ? 'no way to own a process tree' : `the rung ${rung}`);
}

/** null: this way does not work here, and nothing of the command was started. */
async function tryWay(request: LaunchRequest, way: Way): Promise<OwnedProcess | null> {
  const { argv, cookie, streams, terminal } = request;
  const cgroup = way.rung === 'cgroup' ? makeCgroup(request.group, request.limits) : null;
  // First, so that at no moment there is a tree that nobody would end.
  const guardian = way.endsWithOwner ? null : new Guardian(cookie, cgroup?.path ?? null);
  try {
    const child = start(request, way, cgroup);
    const since = processStat(child.pid ?? 0)?.startTime ?? '0';
    const reports = new Reports(child, way.rung === 'namespace');
    const startedPid = await reports.started;
    if (startedPid === null) return abandon(cgroup, guardian);
    const init = way.rung === 'namespace' ? firstChildOf(child.pid!) : null;
    const commandPid = way.rung === 'namespace' ? init && firstChildOf(init.pid)?.pid : startedPid;
    const command = commandPid ? processRef(commandPid) : null;
    const tree = { rung: way.rung, cookie, cgroup, init, command, since };
    return new OwnedProcess({ tree, child, reports, guardian, streams, terminal, innerPid: startedPid });
  } catch (error) {
    abandon(cgroup, guardian);
    throw new LastcallError('not_runnable', {
      what: `the command could not be started (${messageOf(error)})`,
      on: argv[0],
      todo: 'Look at the limits of this machine: processes, memory, open files.',
      cause: error,
    });
  }
}

function abandon(cgroup: CgroupPlace | null, guardian: Guardian | null): null {
  guardian?.dismiss();
  if (cgroup) removeCgroup(cgroup);
  return null;
}

function start(request: LaunchRequest, way: Way, cgroup: CgroupPlace | null): ChildProcess {
  const { argv, environment, cookie, streams, terminal } = request;
  const groups = cgroup ? [cgroup.path, ...cgroup.bounds] : [];
  const [program = '', ...words] = commandOn(way, argv, groups, terminal);
  return spawn(program, words, {
    env: withCookie(environment, cookie),
    // A session and a group of its own: what the terminal sends reaches us, and not the command behind our back.
    detached: !terminal,
    // 3: what it reports. 4: the life of a namespace.
    stdio: [...streams, 'pipe', ...(way.rung === 'namespace' ? (['pipe'] as const) : [])],
  });
}

function notHere(what: string): LastcallError {
  return new LastcallError('dependency', {
    what: `${what} can be had here`,
    todo: 'See docs/run.md, "What owns the tree", for what each rung needs; without --own the best one that works is used.',
  });
}
