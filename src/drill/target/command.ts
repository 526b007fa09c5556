// A target that the drill starts: in a process group of its own, with a mark that its descendants inherit, and tied to the
// drill's life. All that carries the mark, descends from it or is in its group is its, also after its first process ended.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createInterface } from 'node:readline';
import { LastcallError } from '../../base/errors.ts';
import {
  isMarked,
  keyOf,
  type ProcessKey,
  type ProcessRow,
  readProcess,
  readProcesses,
  readTree,
  treeOf,
} from '../watch/process-table.ts';
import { signalGroup, signalProcess } from './signals.ts';
import type { SignalScope, Target, TargetEnd } from './target.ts';

export interface CommandOptions {
  readonly words: readonly string[];
  /** What it is started through, such as `prlimit` with its arguments. */
  readonly through: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Unguessable; whatever has it in its environment is the target's. */
  readonly mark: string;
}

/** The name of the mark (contracts.md, "Job environment"). A target that is a unit itself appends to it. */
const MARK = 'LASTCALL_UNIT';
const OUTPUT_LINES_MAX = 200_000;
const LINE_LENGTH_MAX = 4_096;
/** From SIGKILL until /proc shows nobody any more. */
const GONE_MS_MAX = 5_000;
const OUTPUT_MS_MAX = 1_000;

export class CommandTarget implements Target {
  readonly owned = true;
  readonly knowsExit = true;
  readonly output: string[] = [];
  readonly ended: Promise<TargetEnd>;
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  readonly #leader: ProcessRow | null;
  readonly #mark: string;
  /** Everybody ever seen, so that one whose parents are gone is still known. */
  readonly #seen = new Map<ProcessKey, ProcessRow>();
  #end: TargetEnd | null = null;

  constructor({ words, through, environment, mark }: CommandOptions) {
    this.#mark = mark;
    const [program, ...args] = [...tiedToUs(), ...through, ...words];
    this.#child = spawn(program!, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...inherited(), ...environment, [MARK]: mark },
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (this.output.length < OUTPUT_LINES_MAX) this.output.push(line.slice(0, LINE_LENGTH_MAX));
      });
    }
    this.#leader = this.#child.pid === undefined ? null : readProcess(this.#child.pid);
    this.#closed = new Promise((resolve) => this.#child.once('close', () => resolve()));
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#end ??= { atMs: performance.now(), code, signal };
        resolve(this.#end);
      };
      this.#child.once('error', () => end(127, null));
      this.#child.once('exit', end);
    });
  }

  get end(): TargetEnd | null {
    return this.#end;
  }

  processes(): readonly ProcessRow[] {
    if (this.#leader === null) return [];
    const found = readTree(this.#leader.pid);
    // Once it has ended its number may be another's.
    const isStillIt = found[0] === undefined || keyOf(found[0]) === keyOf(this.#leader);
    if (!isStillIt) return [];
    for (const row of found) this.#seen.set(keyOf(row), row);
    return found;
  }

  survivors(): readonly ProcessRow[] {
    const rows = readProcesses();
    const roots = [...rows.values()].filter(
      (row) => this.#seen.has(keyOf(row)) || row.group === this.#leader?.pid || isMarked(row.pid, this.#mark),
    );
    const found = new Map(roots.flatMap((root) => treeOf(root.pid, rows)).map((row) => [keyOf(row), row]));
    for (const [key, row] of found) this.#seen.set(key, row);
    return [...found.values()].filter((row) => !row.isZombie && row.pid !== process.pid);
  }

  signal(name: NodeJS.Signals, to: SignalScope): void {
    if (this.#leader === null) return;
    if (to === 'process') signalProcess(this.#leader, name);
    else if (to === 'group') signalGroup(this.#leader, name);
    else for (const row of this.processes()) signalProcess(row, name);
  }

  async outputEnded(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, OUTPUT_MS_MAX);
    void this.#closed.then(resolve);
    await promise;
    clearTimeout(timer);
  }

  async destroy(): Promise<void> {
    const endAtMs = performance.now() + GONE_MS_MAX;
    for (let left = this.survivors(); left.length > 0; left = this.survivors()) {
      for (const row of left) signalProcess(row, 'SIGKILL');
      if (performance.now() > endAtMs) throw stays(left[0]!);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }
}

/** So that the death of the drill is the death of what it started; where there is no setpriv the sweep has to do. */
function tiedToUs(): readonly string[] {
  const found = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  return found === undefined ? [] : [found, '--pdeathsig', 'KILL', '--'];
}

/** Without what the drill was told itself: settings, sockets and reports of a unit around it are not the target's. */
function inherited(): NodeJS.ProcessEnv {
  const ours = /^(LASTCALL_|NOTIFY_SOCKET$|WATCHDOG_|NODE_TEST_CONTEXT$|npm_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

function stays({ pid, name }: ProcessRow): LastcallError {
  return new LastcallError('io', {
    what: 'a process of the target does not end, not even by SIGKILL',
    on: `${name} (${pid})`,
    todo: 'It hangs in the kernel, or belongs to another user. End it by hand before the next drill.',
  });
}
