// The process tree of one run, however many keepers it has: made from what is on disk, so that any scheduler can end it.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Cookie, membersOf, type ProcessRef, processRef, type Tree } from '../../../supervise/index.ts';
import type { Run } from '../../core/types.ts';
import type { Layout } from './layout.ts';
import { readRecorded, type Recorded } from './records.ts';
import type { RunRecord } from './run-record.ts';

/** Processes that are remembered of one run, so that the proof asks for each of them. */
const REMEMBERED_MAX = 10_000;

export class RunTree {
  readonly tree: Tree;
  readonly #remembered = new Map<string, ProcessRef>();

  constructor(cookie: Cookie, record: RunRecord) {
    const { cgroup, since } = record;
    this.tree = { rung: cgroup ? 'cgroup' : 'group', cookie, cgroup, init: null, command: null, since };
  }

  get remembered(): readonly ProcessRef[] {
    return [...this.#remembered.values()];
  }

  /** Numbers of all processes that were ever seen in it. */
  get pids(): ReadonlySet<number> {
    return new Set(this.remembered.map(({ pid }) => pid));
  }

  /** A member's first process, which leads a session of its own. */
  add(process: Recorded): void {
    // Its number may mean somebody else by now.
    const ref = processRef(process.pid);
    this.#remember(ref?.startTime === process.startTime ? ref : { ...process, command: '' });
  }

  /** Looks at what there is now, and remembers it. */
  look(): readonly ProcessRef[] {
    const members = membersOf(this.tree, this.remembered);
    for (const member of members) this.#remember(member);
    return members;
  }

  #remember(ref: ProcessRef): void {
    if (this.#remembered.size < REMEMBERED_MAX) this.#remembered.set(`${ref.pid}:${ref.startTime}`, ref);
  }
}

export function runCookie(storeId: string, run: Pick<Run, 'job' | 'attempt'>): Cookie {
  return { storeId, unit: run.job, attempt: String(run.attempt) };
}

/** The first processes of all members, as their keepers recorded them. */
export function startedOf(layout: Layout, run: string): readonly Recorded[] {
  const directory = layout.run(run);
  try {
    const names = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return names.flatMap(({ name }) => readRecorded(join(directory, name), 'started') ?? []);
  } catch {
    return [];
  }
}
