// A small world in which tasks are worked on, die and are begun again, and whose log loses, doubles and shuffles lines. What
// is true in it is known, so that what the core does can be judged. Everything follows from one seed.
import { SeededRandom } from '../../base/random.ts';
import { step, type ActionResult, type ReconcileEffect, type ReconcileEvent, type ReconcileState } from '../core.ts';
import { EndedTasks } from '../core/ended-tasks.ts';
import { TaskLedger } from '../core/ledger.ts';
import type { Policy } from '../core/policy.ts';
import { isFinal, type Recovery, type Verdict } from '../core/recovery.ts';
import type { TaskLine } from '../core/task-line.ts';

type Fate = 'completes' | 'fails' | 'dies';

interface Task {
  readonly id: string;
  readonly idempotent: boolean | null;
  /** Attempts that were begun. */
  attempts: number;
  isCompleted: boolean;
  /** Of the newest attempt. */
  isAlive: boolean;
  readonly takenKeys: Set<string>;
}

export interface Faults {
  /** Of all lines, the share that never arrives, and that arrives twice. */
  readonly lost: number;
  readonly doubled: number;
  /** Share of answers and results that do not come back. */
  readonly unanswered: number;
  /** Chance at each turn that the reconciler dies and starts again from what is stored. */
  readonly crashes: number;
}

const POLICY: Policy = {
  settleMs: 10,
  skewMs: 2,
  staleAfterMs: null,
  releases: 1,
  resubmit: { isKeyed: false, attemptsMax: 3 },
  triesMax: 5,
  backoffMs: 5,
  backoffMaxMs: 20,
  askAgainMs: 10,
  parallelMax: 4,
};

export class World {
  readonly violations: string[] = [];
  readonly tasks: Task[];
  readonly #random: SeededRandom;
  #faults: Faults;
  readonly #lines: TaskLine[] = [];
  readonly #effects: ReconcileEffect[] = [];
  readonly #intents = new Set<string>();
  #state: ReconcileState;
  #stored: Map<string, Recovery> = new Map();
  #nowMs = 1_000;

  constructor(seed: number, faults: Faults) {
    this.#random = new SeededRandom(seed);
    this.#faults = faults;
    this.#state = this.#fresh();
    this.tasks = Array.from({ length: 1 + this.#random.below(8) }, (_, index) => ({
      id: `t${index}`,
      idempotent: [true, true, false, null][this.#random.below(4)]!,
      attempts: 0,
      isCompleted: false,
      isAlive: false,
      takenKeys: new Set(),
    }));
    for (const task of this.tasks) this.#begin(task);
  }

  /** One thing happens: time passes, somebody's work ends, a line arrives, an effect is carried out, a crash. */
  turn(): void {
    this.#nowMs += this.#random.below(8);
    const working = this.tasks.filter(({ isAlive }) => isAlive);
    const choice = this.#random.below(5);
    if (choice === 0 && working.length > 0) this.#endWork(working[this.#random.below(working.length)]!);
    else if (choice === 1) this.#deliverLine();
    else if (choice === 2) this.#send({ type: 'examine', atMs: this.#nowMs });
    else if (this.#random.next() < this.#faults.crashes) this.#crash();
    else this.#carryOut();
  }

  /** From now on everybody answers, no line is lost, and nobody crashes or begins anything. @returns what is still unfinished */
  settle(): string[] {
    this.#faults = { lost: 0, doubled: 0, unanswered: 0, crashes: 0 };
    for (let turn = 0; turn < 2_000; turn++) {
      for (const task of this.tasks) if (task.isAlive) this.#endWork(task);
      while (this.#lines.length > 0) this.#deliverLine();
      while (this.#effects.length > 0) this.#carryOut();
      this.#nowMs += 15;
      this.#send({ type: 'examine', atMs: this.#nowMs });
    }
    const { recoveries } = this.#state;
    return [...recoveries.values()]
      .filter(({ phase }) => !isFinal(phase))
      .map(({ taskId, phase }) => `${taskId} ${phase}`);
  }

  #fresh(): ReconcileState {
    const ledger = new TaskLedger(new EndedTasks(2 ** 12), { lines: 0, completed: 0, endedOtherwise: 0 });
    return { policy: POLICY, ledger, recoveries: new Map() };
  }

  #begin(task: Task): void {
    if (task.isCompleted) this.violations.push(`${task.id} was begun again after it had completed`);
    if (task.attempts > 0 && task.idempotent !== true)
      this.violations.push(`${task.id} ran twice and is not idempotent`);
    task.attempts++;
    task.isAlive = true;
    this.#write(task, 'submitted', task.attempts);
    this.#write(task, 'started', task.attempts);
  }

  #endWork(task: Task): void {
    const fate: Fate = (['completes', 'fails', 'dies', 'dies'] as const)[this.#random.below(4)]!;
    task.isAlive = false;
    if (fate === 'completes') {
      task.isCompleted = true;
      this.#write(task, 'completed', task.attempts);
    } else if (fate === 'fails') this.#write(task, 'failed', task.attempts);
  }

  #write(task: Task, status: TaskLine['status'], attempt: number): void {
    if (this.#random.next() < this.#faults.lost) return;
    const { id: taskId, idempotent } = task;
    const timeMs = this.#nowMs;
    const line = { taskId, status, timeMs, attempt, node: null, job: null, idempotent, payloadRef: null };
    this.#lines.push(line);
    if (this.#random.next() < this.#faults.doubled) this.#lines.push(line);
  }

  #deliverLine(): void {
    if (this.#lines.length === 0) return;
    const [line] = this.#lines.splice(this.#random.below(this.#lines.length), 1);
    this.#state.ledger.apply(line!);
  }

  #send(event: ReconcileEvent): void {
    const { effects, changed } = step(this.#state, event);
    for (const taskId of changed) {
      const recovery = this.#state.recoveries.get(taskId);
      if (recovery) this.#stored.set(taskId, recovery);
      else this.#stored.delete(taskId);
    }
    for (const effect of effects) {
      if (effect.type === 'report') continue;
      if (effect.type === 'act') this.#intents.add(effect.intent);
      this.#effects.push(effect);
    }
  }

  #carryOut(): void {
    if (this.#effects.length === 0) return;
    const [effect] = this.#effects.splice(this.#random.below(this.#effects.length), 1);
    if (effect?.type === 'ask') this.#answer(effect.attempt.taskId, effect.attempt.attempt);
    else if (effect?.type === 'act') this.#act(effect);
  }

  #answer(taskId: string, attempt: number): void {
    const task = this.tasks.find(({ id }) => id === taskId)!;
    const isThis = task.attempts === attempt;
    const truth: Verdict = isThis && task.isAlive ? 'alive' : 'gone';
    const verdict: Verdict = this.#random.next() < this.#faults.unanswered ? 'unknown' : truth;
    const evidence = { from: 'world', verdict, detail: '', atMs: this.#nowMs };
    this.#send({ type: 'answered', taskId, attempt, evidence });
  }

  #act({ action, attempt: { taskId, attempt }, intent, nextAttempt }: Extract<ReconcileEffect, { type: 'act' }>): void {
    const task = this.tasks.find(({ id }) => id === taskId)!;
    const happened = action === 'release' ? 'done' : this.#receive(task, intent, nextAttempt);
    const result = this.#random.next() < this.#faults.unanswered ? 'failed' : happened;
    const random = this.#random.next();
    this.#send({ type: 'acted', taskId, attempt, action, result, detail: '', atMs: this.#nowMs, random });
  }

  /** As docs/reconcile.md asks of receivers: it knows what ended, what runs, and a key that it has seen. */
  #receive(task: Task, intent: string, nextAttempt: number): ActionResult {
    if (task.takenKeys.has(intent)) return 'done';
    if (task.isCompleted || task.isAlive || task.attempts >= nextAttempt) return 'superseded';
    task.takenKeys.add(intent);
    this.#begin(task);
    return 'done';
  }

  /** What was in memory is gone; the log is read again from its start, in whatever order. */
  #crash(): void {
    const { ledger } = this.#state;
    this.#effects.length = 0;
    const recoveries = [...this.#stored.values()].map((recovery) => ({ ...recovery, inFlight: false }));
    this.#state = { policy: POLICY, ledger, recoveries: new Map(recoveries.map((each) => [each.taskId, each])) };
  }
}
