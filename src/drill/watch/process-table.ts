// The processes of this machine as /proc shows them: who descends from whom, who carries a mark in its environment, who
// listens on which port. Reads only. A process is known by its number and its start time together.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** In ticks since boot; with the number it is one process and no other. */
  readonly startTime: string;
  readonly name: string;
  readonly isZombie: boolean;
}

/** A process by number and start time. */
export type ProcessKey = `${number}@${string}`;

export function keyOf({ pid, startTime }: Pick<ProcessRow, 'pid' | 'startTime'>): ProcessKey {
  return `${pid}@${startTime}`;
}

export function readProcesses(): Map<number, ProcessRow> {
  const rows = new Map<number, ProcessRow>();
  for (const entry of readdirSync('/proc')) {
    const row = /^\d+$/.test(entry) ? readProcess(Number(entry)) : null;
    if (row) rows.set(row.pid, row);
  }
  return rows;
}

/** proc(5), stat: the name stands in parentheses and may hold anything; null if there is no such process. */
export function readProcess(pid: number): ProcessRow | null {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  return {
    pid,
    name: stat.slice(stat.indexOf('(') + 1, end),
    isZombie: fields[0] === 'Z' || fields[0] === 'X',
    parent: Number(fields[1]),
    group: Number(fields[2]),
    startTime: fields[19] ?? '',
  };
}

/** The process and all that descend from it. */
export function treeOf(root: number, rows: ReadonlyMap<number, ProcessRow>): ProcessRow[] {
  const children = Map.groupBy(rows.values(), (row) => row.parent);
  const found: ProcessRow[] = [];
  const queue = rows.has(root) ? [rows.get(root)!] : [];
  for (let row = queue.shift(); row; row = queue.shift()) {
    found.push(row);
    queue.push(...(children.get(row.pid) ?? []));
  }
  return found;
}

/** The same, found from above: reads only the processes of the tree, so that it can be done often. Alive ones only. */
export function readTree(root: number): ProcessRow[] {
  const first = readProcess(root);
  if (first === null || first.isZombie) return [];
  const found = [first];
  for (const row of found) {
    const children = childrenOf(row.pid);
    if (children === null) return treeOf(root, readProcesses()).filter((it) => !it.isZombie);
    for (const pid of children) {
      const child = readProcess(pid);
      if (child !== null && !child.isZombie && !found.some((it) => it.pid === pid)) found.push(child);
    }
  }
  return found;
}

/** Each thread has those that it started; null where the kernel does not tell. */
function childrenOf(pid: number): number[] | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const lists = threads.map((thread) => read(`/proc/${pid}/task/${thread}/children`));
    if (lists.every((list) => list === null)) return existsSync(`/proc/${pid}`) && threads.length > 0 ? null : [];
    return lists.flatMap((list) =>
      (list ?? '')
        .split(' ')
        .filter((it) => it !== '')
        .map(Number),
    );
  } catch {
    return []; // gone
  }
}

/** Whether the environment that the process began with holds this text. A process that rewrote its title may hide it. */
export function isMarked(pid: number, mark: string): boolean {
  return read(`/proc/${pid}/environ`)?.includes(mark) ?? false;
}

/** What it was started as, for people. */
export function commandOf(pid: number): string {
  const words = read(`/proc/${pid}/cmdline`)?.split('\0').join(' ').trim();
  return (words || readProcess(pid)?.name || 'gone').slice(0, 120);
}

/** TCP ports on which any of these processes listens. */
export function listeningPorts(pids: readonly number[]): number[] {
  const inodes = new Set(pids.flatMap(socketsOf));
  return [...new Set(listeners().flatMap(({ port, inode }) => (inodes.has(inode) ? [port] : [])))].toSorted(
    (a, b) => a - b,
  );
}

/** Whether anybody on this machine listens on the port. */
export function isListening(port: number): boolean {
  return listeners().some((listener) => listener.port === port);
}

function listeners(): { port: number; inode: string }[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) =>
    (read(path) ?? '')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // State 0A is LISTEN.
      .filter((fields) => fields[3] === '0A')
      .map((fields) => ({ port: Number.parseInt(fields[1]!.split(':')[1]!, 16), inode: fields[9]! })),
  );
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    return []; // gone, or not ours to look at
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
