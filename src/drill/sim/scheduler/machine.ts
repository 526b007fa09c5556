// The simulated machine: keepers that start late, are paused or die, process trees with members that escape, GPUs whose
// memory comes back late, ports that strangers bind. It lives on while the scheduler is dead, and knows the truth.
import type { Random } from '../../../base/random.ts';
import type { MemberFinding } from '../../../scheduler/core/events.ts';
import type { Exit, Member, Run } from '../../../scheduler/core/types.ts';
import type { Kernel } from '../kernel.ts';
import { chance, pick, spread } from '../lifecycle/draw.ts';
import type { Truth } from './truth.ts';

/** How likely things go wrong; all 0 once faults have stopped. */
export interface Faults {
  slowKeeper: number;
  deadKeeper: number;
  escapee: number;
  undying: number;
  memoryStays: number;
  stranger: number;
}

export const NO_FAULTS: Faults = { slowKeeper: 0, deadKeeper: 0, escapee: 0, undying: 0, memoryStays: 0, stranger: 0 };

interface Process {
  alive: boolean;
  /** Cannot be killed before (uninterruptible sleep). */
  undyingUntilMs: number;
}

export interface Watcher {
  spawned(run: string, member: string): void;
  exited(run: string, member: string, exit: Exit): void;
  lost(run: string, member: string): void;
  never(run: string, member: string): void;
}

class Kept {
  readonly run: Run;
  readonly member: Member;
  go = true;
  claimed = false;
  started = false;
  keeperAlive = true;
  main: Process | null = null;
  readonly others: Process[] = [];
  exit: Exit | null = null;

  constructor(run: Run, member: Member) {
    this.run = run;
    this.member = member;
  }

  get processes(): readonly Process[] {
    return this.main ? [this.main, ...this.others] : this.others;
  }
}

export class Machine {
  readonly #kernel: Kernel;
  readonly #random: Random;
  readonly #truth: Truth;
  readonly #kept = new Map<string, Kept>();
  readonly #signalled = new Set<string>();
  /** GPU → until when its memory is in use although nobody uses it. */
  readonly #dirtyUntilMs = new Map<string, number>();
  readonly #strangers = new Map<string, number>();
  faults: Faults;
  /** The scheduler that listens now; null while it is dead. */
  watcher: Watcher | null = null;

  constructor(kernel: Kernel, random: Random, truth: Truth, faults: Faults) {
    this.#kernel = kernel;
    this.#random = random;
    this.#truth = truth;
    this.faults = faults;
  }

  spawn(run: Run, member: Member): void {
    const kept = new Kept(run, member);
    this.#kept.set(keyOf(run.id, member.name), kept);
    const slow = chance(this.#random, this.faults.slowKeeper);
    this.#kernel.after(slow ? spread(this.#random, 60_000) : spread(this.#random, 20), () => this.#claim(kept));
  }

  inspect(run: Run, member: Member): MemberFinding {
    const kept = this.#kept.get(keyOf(run.id, member.name));
    if (!kept) return { kind: 'never' };
    if (kept.exit) return { kind: 'exited', exit: kept.exit };
    if (!kept.claimed) {
      kept.go = false;
      return { kind: 'never' };
    }
    return kept.keeperAlive ? { kind: 'alive' } : { kind: 'lost', why: 'its keeper is gone' };
  }

  /** Runs that have the mark. */
  get signalled(): readonly string[] {
    return [...this.#signalled];
  }

  /** At most once in a run's life, as the mark beside it sees to. */
  signal(run: Run): void {
    if (this.#signalled.has(run.id)) return;
    this.#signalled.add(run.id);
    this.#truth.signalled(run.id);
    for (const kept of this.#of(run.id)) {
      if (!kept.main?.alive || chance(this.#random, 0.2)) continue;
      const code = pick(this.#random, [0, 108, 108, 1, null]);
      const exit = { code, signal: code === null ? 'SIGTERM' : null, reportCode: null };
      this.#kernel.after(spread(this.#random, 5_000), () => this.#end(kept, exit));
    }
  }

  kill(run: Run): void {
    for (const kept of this.#of(run.id)) {
      if (!kept.claimed) kept.go = false;
      for (const process of kept.processes) this.#kill(kept, process);
    }
  }

  /** What a proof finds now, after having killed what is left. */
  look(run: Run): { readonly tree: boolean; readonly unproven: Record<string, string> } {
    this.kill(run);
    const kept = this.#of(run.id);
    const pending = kept.some((one) => one.claimed && !one.started && one.keeperAlive);
    const tree = !pending && kept.every((one) => one.processes.every(({ alive }) => !alive));
    const unproven: Record<string, string> = {};
    for (const id of run.members.flatMap((member) => [
      ...member.gpus,
      ...Object.values(member.ports).map((port) => `port:${port}`),
    ])) {
      if (this.isHeld(id)) unproven[id] = 'held';
    }
    return { tree, unproven };
  }

  isHeld(resource: string): boolean {
    const untilMs = Math.max(this.#dirtyUntilMs.get(resource) ?? 0, this.#strangers.get(resource) ?? 0);
    return untilMs > this.#kernel.nowMs;
  }

  treeIsEmpty(run: Run): boolean {
    return this.look(run).tree;
  }

  /** Processes that no run of these explains: killed. */
  sweep(runs: ReadonlySet<string>): void {
    for (const kept of this.#kept.values()) {
      if (runs.has(kept.run.id)) continue;
      for (const process of kept.processes) this.#kill(kept, process);
    }
  }

  living(): readonly string[] {
    return [...this.#kept.values()]
      .filter((kept) => kept.processes.some(({ alive }) => alive))
      .map((kept) => kept.run.id);
  }

  #of(run: string): readonly Kept[] {
    return [...this.#kept.values()].filter((kept) => kept.run.id === run);
  }

  #claim(kept: Kept): void {
    if (!kept.go || kept.claimed) return this.#tell((watcher) => watcher.never(kept.run.id, kept.member.name));
    kept.claimed = true;
    const slow = chance(this.#random, this.faults.slowKeeper);
    this.#kernel.after(slow ? spread(this.#random, 30_000) : spread(this.#random, 20), () => this.#start(kept));
    if (chance(this.#random, this.faults.deadKeeper)) {
      this.#kernel.after(spread(this.#random, 60_000), () => this.#keeperDies(kept));
    }
  }

  #start(kept: Kept): void {
    if (!kept.keeperAlive) return;
    kept.started = true;
    this.#truth.started(kept.run, kept.member, (id) => this.isHeld(id), new Set(this.living()));
    kept.main = this.#process();
    if (chance(this.#random, this.faults.escapee)) kept.others.push(this.#process());
    this.#tell((watcher) => watcher.spawned(kept.run.id, kept.member.name));
    const code = pick(this.#random, [0, 0, 0, 1, 7, null]);
    const exit = { code, signal: code === null ? 'SIGKILL' : null, reportCode: null };
    this.#kernel.after(spread(this.#random, 120_000), () => this.#end(kept, exit));
  }

  #process(): Process {
    const undying = chance(this.#random, this.faults.undying);
    return { alive: true, undyingUntilMs: undying ? this.#kernel.nowMs + spread(this.#random, 300_000) : 0 };
  }

  #end(kept: Kept, exit: Exit): void {
    if (!kept.main?.alive) return;
    kept.main.alive = false;
    this.#processDied(kept);
    if (!kept.keeperAlive) return;
    kept.exit = exit;
    kept.keeperAlive = false;
    this.#truth.exited(kept.run, kept.member, exit);
    this.#tell((watcher) => watcher.exited(kept.run.id, kept.member.name, exit));
  }

  #keeperDies(kept: Kept): void {
    if (!kept.keeperAlive) return;
    kept.keeperAlive = false;
    this.#tell((watcher) => watcher.lost(kept.run.id, kept.member.name));
  }

  #kill(kept: Kept, process: Process): void {
    if (!process.alive) return;
    const waitMs = process.undyingUntilMs - this.#kernel.nowMs;
    if (waitMs > 0) {
      this.#kernel.after(waitMs, () => this.#kill(kept, process));
      return;
    }
    if (process === kept.main) return this.#end(kept, { code: null, signal: 'SIGKILL', reportCode: null });
    process.alive = false;
    this.#processDied(kept);
  }

  /** Memory comes back a moment after the last process, or much later; a stranger may take a port. */
  #processDied(kept: Kept): void {
    if (kept.processes.some(({ alive }) => alive)) return;
    for (const gpu of kept.member.gpus) {
      const stays = chance(this.#random, this.faults.memoryStays);
      this.#dirtyUntilMs.set(
        gpu,
        this.#kernel.nowMs + (stays ? spread(this.#random, 200_000) : spread(this.#random, 60)),
      );
    }
    for (const port of Object.values(kept.member.ports)) {
      if (!chance(this.#random, this.faults.stranger)) continue;
      this.#strangers.set(`port:${port}`, this.#kernel.nowMs + spread(this.#random, 200_000));
    }
  }

  /** Whoever listens hears of it a moment later; a scheduler that died meanwhile does not. */
  #tell(tell: (watcher: Watcher) => void): void {
    const { watcher } = this;
    if (!watcher) return;
    this.#kernel.after(spread(this.#random, 10), () => {
      if (this.watcher === watcher) tell(watcher);
    });
  }
}

function keyOf(run: string, member: string): string {
  return `${run}/${member}`;
}
