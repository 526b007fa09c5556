// Carries out what the core wants: asks witnesses, and acts, a few at a time. An action begins only after its intent is
// durable, and its result is durable before the core hears of it.
import type { Clock } from '../base/clock.ts';
import { rfc3339 } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Outcome } from './actions/act.ts';
import type { ReconcileEffect, ReconcileEvent, ReconcileStep, ReconcileState } from './core.ts';
import { step } from './core.ts';
import type { OpenAttempt } from './core/ledger.ts';
import type { Evidence, Recovery } from './core/recovery.ts';
import { weigh } from './core/verdict.ts';
import type { Journal } from './journal.ts';
import { PARALLEL, type Rules } from './rules.ts';

export interface EffectsOptions {
  readonly rules: Rules;
  readonly state: ReconcileState;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: () => number;
  /** Nothing is done, only asked. */
  readonly isDryRun: boolean;
  readonly onReport: (recovery: Recovery) => void;
}

type ActEffect = Extract<ReconcileEffect, { type: 'act' }>;

export class Effects {
  readonly #options: EffectsOptions;
  readonly #waiting: (() => Promise<void>)[] = [];
  readonly #abort = new AbortController();
  #running = 0;
  #isPaused = false;
  #idle: (() => void)[] = [];
  #failure: { readonly error: unknown } | null = null;

  constructor(options: EffectsOptions) {
    this.#options = options;
  }

  /** Questions and actions that were begun or wait for their turn. */
  get pending(): number {
    return this.#running + this.#waiting.length;
  }

  /** @throws what the database says */
  apply(event: ReconcileEvent): void {
    this.#carryOut(step(this.#options.state, event));
  }

  /** Settles when nothing is under way. @throws what made an effect impossible: the database */
  async settled(): Promise<void> {
    while (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    if (this.#failure) throw this.#failure.error;
  }

  /** Nothing new begins any more; what waits is done by the next run. */
  pause(): void {
    this.#isPaused = true;
    this.#waiting.length = 0;
  }

  /** Gives up what is under way. Its intents stay without a result: the next run does them again, under their ids. */
  abandon(): void {
    this.pause();
    this.#abort.abort();
  }

  #carryOut({ effects, changed }: ReconcileStep): void {
    const { journal, state, clock, isDryRun, onReport } = this.#options;
    const acts = isDryRun ? [] : effects.filter((effect): effect is ActEffect => effect.type === 'act');
    if (changed.size > 0) journal.saveStep(state.recoveries, changed, acts, rfc3339(clock.wallMs()));
    for (const effect of effects) {
      if (effect.type === 'report') onReport(effect.recovery);
      else if (effect.type === 'ask') this.#begin(() => this.#ask(effect.attempt));
      else if (!isDryRun) this.#begin(() => this.#act(effect));
    }
  }

  #begin(work: () => Promise<void>): void {
    if (this.#isPaused) return;
    this.#waiting.push(work);
    this.#next();
  }

  #next(): void {
    while (this.#running < PARALLEL) {
      const work = this.#waiting.shift();
      if (!work) return;
      this.#running++;
      void work()
        .catch((error: unknown) => {
          if (!this.#abort.signal.aborted) this.#failure ??= { error };
        })
        .finally(() => {
          this.#running--;
          this.#next();
          if (this.#running > 0) return;
          for (const wake of this.#idle.splice(0)) wake();
        });
    }
  }

  async #ask(attempt: OpenAttempt): Promise<void> {
    const { rules, clock } = this.#options;
    const { signal } = this.#abort;
    const atMs = clock.wallMs();
    const answers: Evidence[] = [];
    for (const witness of rules.witnesses) {
      const answer = await witness.ask(attempt, signal);
      signal.throwIfAborted();
      if (answer) answers.push({ from: witness.name, ...answer, atMs });
    }
    const { taskId, attempt: number } = attempt;
    this.apply({ type: 'answered', taskId, attempt: number, evidence: weigh(answers, atMs) });
  }

  async #act({ intent, action, index, attempt, nextAttempt, evidence }: ActEffect): Promise<void> {
    const { rules, journal, clock, random } = this.#options;
    const { signal } = this.#abort;
    const chosen = action === 'release' ? rules.release[index]! : rules.resubmit!;
    let outcome: Outcome;
    try {
      outcome = await chosen.act({ intent, attempt, nextAttempt, evidence }, signal);
    } catch (error) {
      outcome = { result: 'failed', detail: messageOf(error) };
    }
    // Cut in the middle: what became of it is not known (invariant 9), so its intent stays open.
    signal.throwIfAborted();
    const atMs = clock.wallMs();
    const detail = `${chosen.name}: ${outcome.detail}`;
    journal.saveResult(intent, outcome.result, detail, rfc3339(atMs));
    const { taskId, attempt: number } = attempt;
    const { result } = outcome;
    this.apply({ type: 'acted', taskId, attempt: number, action, result, detail, atMs, random: random() });
  }
}
