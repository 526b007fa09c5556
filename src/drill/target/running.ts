// A target that runs already: it gets the signals that were asked for and nothing else, and only as long as it is still
// the process that was seen first. Its exit code is its parent's to know.
import { LastcallError } from '../../base/errors.ts';
import { keyOf, type ProcessRow, readProcess, readProcesses, readTree } from '../watch/process-table.ts';
import { signalGroup, signalProcess } from './signals.ts';
import type { SignalScope, Target, TargetEnd } from './target.ts';

const LOOK_MS = 10;

export class RunningTarget implements Target {
  readonly owned = false;
  readonly knowsExit = false;
  readonly output = null;
  readonly ended: Promise<TargetEnd>;
  readonly #root: ProcessRow;
  readonly #seen = new Map<string, ProcessRow>();
  readonly #timer: NodeJS.Timeout;
  #end: TargetEnd | null = null;

  /** @throws LastcallError `not_found` */
  constructor(pid: number) {
    const root = readProcess(pid);
    if (root === null || root.isZombie) {
      throw new LastcallError('not_found', { what: 'there is no such process', on: String(pid), todo: 'See ps -e.' });
    }
    this.#root = root;
    const { promise, resolve } = Promise.withResolvers<TargetEnd>();
    this.ended = promise;
    this.#timer = setInterval(() => {
      const now = readProcess(pid);
      if (now !== null && !now.isZombie && keyOf(now) === keyOf(root)) return;
      clearInterval(this.#timer);
      this.#end = { atMs: performance.now(), code: null, signal: null };
      resolve(this.#end);
    }, LOOK_MS);
  }

  get end(): TargetEnd | null {
    return this.#end;
  }

  processes(): readonly ProcessRow[] {
    const found = readTree(this.#root.pid);
    if (found[0] === undefined || keyOf(found[0]) !== keyOf(this.#root)) return [];
    for (const row of found) this.#seen.set(keyOf(row), row);
    return found;
  }

  survivors(): readonly ProcessRow[] {
    const rows = [...readProcesses().values()];
    return rows.filter((row) => this.#seen.has(keyOf(row)) && !row.isZombie);
  }

  signal(name: NodeJS.Signals, to: SignalScope): void {
    if (to === 'process') signalProcess(this.#root, name);
    else if (to === 'group') signalGroup(this.#root, name);
    else for (const row of this.processes()) signalProcess(row, name);
  }

  async outputEnded(): Promise<void> {}

  /** Nothing of it is ours. */
  async destroy(): Promise<void> {
    clearInterval(this.#timer);
  }
}
