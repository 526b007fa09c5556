// A command that runs and is owned, as its owner holds it.
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { isPopulated } from './cgroup.ts';
import type { Guardian } from './guardian.ts';
import { isAlive, type ProcessRef, signalRef } from './process-ref.ts';
import { endTree } from './prove.ts';
import type { Reports } from './reports.ts';
import { killTree, lookAtRemains, membersOf, type Proof, signalAll, type Tree } from './tree.ts';
import type { Stream } from './launch.ts';

/** Members that are remembered for the proof; a tree that forks for ever must not fill our memory. */
const REMEMBERED_MAX = 10_000;

export interface OwnedParts {
  readonly tree: Tree;
  readonly child: ChildProcess;
  readonly reports: Reports;
  readonly guardian: Guardian | null;
  readonly streams: readonly [Stream, Stream, Stream];
  readonly terminal: boolean;
  /** The command's number in its own namespace. */
  readonly innerPid: number;
}

export class OwnedProcess {
  readonly tree: Tree;
  /** Exit code of the command itself, 128 + n for a signal. Others of the tree may still live. Never rejects. */
  readonly exited: Promise<number>;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly #parts: OwnedParts;
  readonly #remembered = new Map<string, ProcessRef>();
  #exited = false;

  constructor(parts: OwnedParts) {
    this.#parts = parts;
    this.tree = parts.tree;
    const { child, reports } = parts;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    this.exited = reports.ended.then((code) => {
      this.#exited = true;
      return code;
    });
    this.#remember([this.tree.init, this.tree.command].filter((ref) => ref !== null));
  }

  /** Whether the command itself runs. */
  get running(): boolean {
    return !this.#exited;
  }

  /** The command's number, as seen from here; null if it had ended before it was seen. */
  get pid(): number | null {
    return this.tree.command?.pid ?? null;
  }

  /** Its numbers, as seen from here and from inside of its namespace. */
  get pids(): readonly number[] {
    return [...new Set([this.pid ?? this.#parts.innerPid, this.#parts.innerPid])];
  }

  /** How many processes of the tree were seen and have ended. */
  get endedCount(): number {
    const seen = [...this.#remembered.values()].filter((ref) => !isAlive(ref)).length;
    const unseen = this.tree.command === null && this.#exited ? 1 : 0;
    return seen + unseen;
  }

  /** All of the tree that lives, and remembers it for the proof. */
  members(): readonly ProcessRef[] {
    const members = membersOf(this.tree, [...this.#remembered.values()]);
    this.#remember(members);
    // Process 1 of a namespace is ours, and no part of what the command started.
    return members.filter(
      ({ pid }) => (pid !== this.tree.init?.pid && pid !== this.#parts.child.pid) || pid === this.pid,
    );
  }

  /** Signals the command alone. @returns false if it has ended */
  signal(signal: NodeJS.Signals): boolean {
    const { command } = this.tree;
    return !this.#exited && command !== null && signalRef(command, signal);
  }

  /** Signals everything in the tree. @returns how many processes got it */
  signalTree(signal: NodeJS.Signals): number {
    return signalAll(this.members(), signal);
  }

  /** Kills everything, without waiting: for the moment before this process ends. */
  killNow(): void {
    killTree(this.tree, [...this.#remembered.values()]);
  }

  /** Whether the kernel says that nothing is left, or, where it says nothing, nothing can be found. The proof is `end`'s. */
  isEmpty(): boolean {
    const { cgroup } = this.tree;
    return cgroup ? !isPopulated(cgroup.path) : this.look().proven !== false;
  }

  /** Whether nothing is left now. */
  look(): Proof {
    return lookAtRemains(this.tree, [...this.#remembered.values()]);
  }

  /** Kills what is left, and proves that nothing is, within `boundMs`. Nobody watches over it afterwards if it is proven. */
  async end(boundMs: number): Promise<Proof> {
    const lifeline = this.#parts.child.stdio[4] as Writable | null | undefined;
    lifeline?.destroy();
    const proof = await endTree(this.tree, [...this.#remembered.values()], boundMs);
    this.#remember(proof.survivors);
    if (proof.proven !== false) this.#parts.guardian?.dismiss();
    return proof;
  }

  #remember(refs: readonly ProcessRef[]): void {
    for (const ref of refs) {
      if (this.#remembered.size >= REMEMBERED_MAX) return;
      this.#remembered.set(`${ref.pid}:${ref.startTime}`, ref);
    }
  }
}
