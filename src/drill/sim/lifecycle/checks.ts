// What must hold of one unit at every step, whatever happens to it. Independent of the core's own bookkeeping: it looks
// at events and effects from outside and keeps accounts of its own. The numbers are those of architecture.md.
import { planReserves } from '../../../lifecycle/core/budget.ts';
import type { Effect, UnitEvent } from '../../../lifecycle/core/events.ts';
import { STAGES, type StageName, type UnitState } from '../../../lifecycle/core/types.ts';

/** Rounding of sums of milliseconds. */
const EPSILON_MS = 1e-6;

export class UnitChecks {
  readonly violations: string[] = [];
  readonly #label: string;
  #intakeBegan = false;
  #ended = false;
  #reportWritten = false;
  #deadlineAtMs: number | null = null;
  #noticed = false;
  readonly #startedHooks = new Set<string>();
  readonly #stagesOver: StageName[] = [];
  /** The work ended with a code other than 0, or an error ended the unit: nothing else makes an outcome `failed`. */
  #workFailed = false;
  #accepted = 0;
  #settled = 0;

  constructor(label: string) {
    this.#label = label;
  }

  /** Called after each step with what went in and what came out. */
  after(event: UnitEvent, state: UnitState, effects: readonly Effect[]): void {
    this.#checkWork(event, state, effects);
    if (event.type === 'notice') this.#noticed = true;
    if (event.type === 'fatal' || (event.type === 'workEnded' && event.code !== 0)) this.#workFailed = true;
    for (const effect of effects) this.#checkEffect(effect, event, state);
    this.#checkPlan(state, event.atMs);
  }

  /** Called when virtual time has run out. */
  atTheEnd(stopped: boolean, state: UnitState): void {
    if (!stopped) return;
    this.#require(this.#ended, '4: an ending that began was never over');
    const { accepted, finished, returned, lost, unknown } = state.work.counts;
    this.#require(accepted === finished + returned + lost + unknown, '2: the sum does not hold');
    this.#require(accepted === this.#accepted, `2: ${this.#accepted} were accepted, the report says ${accepted}`);
    this.#require(state.stages.length === STAGES.length, 'report: a stage is missing');
    this.#require(state.outcome?.outcome !== 'failed' || this.#workFailed, '8: an ending made the work fail');
  }

  #checkWork(event: UnitEvent, state: UnitState, effects: readonly Effect[]): void {
    const refused = effects.some((effect) => effect.type === 'refuseWork');
    if (event.type === 'workAccepted') {
      this.#require(refused || !this.#intakeBegan, '1: work was accepted after intake began');
      if (!refused) this.#accepted += event.id === null ? event.count : 1;
    }
    if (event.type === 'workSettled' && !this.#ended) this.#settled += event.id === null ? event.count : 1;
    if (!this.#ended && state.phase !== 'ended') {
      this.#require(state.work.inFlight === this.#accepted - this.#settled, '2: in flight does not add up');
    }
  }

  #checkEffect(effect: Effect, event: UnitEvent, state: UnitState): void {
    if (this.#ended && effect.type !== 'kill') {
      this.#require(effect.type === 'emit' || effect.type === 'refuseWork', `effect ${effect.type} after the end`);
    }
    switch (effect.type) {
      case 'startHook':
        return this.#checkHookStart(effect.hook, effect.budgetMs, state, event.atMs);
      case 'emit':
        if (effect.event.event === 'stage_started' && effect.event.stage === 'intake') this.#intakeBegan = true;
        if (effect.event.event === 'stage_ended') this.#stagesOver.push(effect.event.stage);
        return;
      case 'setDeadline':
        return this.#checkDeadline(effect.atMs, event, state);
      case 'writeReport':
        this.#require(!this.#reportWritten, 'the report was written twice');
        this.#reportWritten = true;
        return;
      case 'exit':
        this.#require(this.#reportWritten, '6: exit before the report');
        this.#require(
          this.#deadlineAtMs === null || event.atMs <= this.#deadlineAtMs + EPSILON_MS,
          `4: over at ${event.atMs}, the deadline was ${this.#deadlineAtMs}`,
        );
        this.#ended = true;
        return;
      default:
        return;
    }
  }

  #checkHookStart(id: string, budgetMs: number, state: UnitState, atMs: number): void {
    const hook = state.hooks.find((candidate) => candidate.id === id);
    if (!hook) return this.#require(false, `hook ${id} was started and is unknown`);
    this.#require(!this.#startedHooks.has(id), `hook ${id} was started twice`);
    this.#startedHooks.add(id);
    const before = STAGES.slice(0, STAGES.indexOf(hook.stage));
    this.#require(
      before.every((stage) => this.#stagesOver.includes(stage)),
      `3: ${hook.stage} began before ${before.at(-1)} was over`,
    );
    const dependents = state.hooks.filter((other) => other.stage === hook.stage && other.dependsOn.includes(id));
    this.#require(
      dependents.every((other) => other.state !== 'waiting' && other.state !== 'running'),
      `hook ${id} was started while something depends on it`,
    );
    this.#require(atMs + budgetMs <= (this.#deadlineAtMs ?? 0) + EPSILON_MS, `4: hook ${id} may overrun the deadline`);
  }

  #checkDeadline(nextAtMs: number, event: UnitEvent, state: UnitState): void {
    const before = this.#deadlineAtMs;
    if (before !== null && nextAtMs > before + EPSILON_MS) {
      this.#require(event.type === 'extensionAsked', `the deadline moved later by ${event.type}`);
      this.#require(!this.#noticed, 'a lease moved a deadline that a notice had set');
      this.#require(state.config.extension !== 'refused', 'a lease moved a deadline that the platform enforces');
    }
    this.#deadlineAtMs = nextAtMs;
  }

  /** While drain runs, its limit leaves persist and release what was reserved for them. */
  #checkPlan(state: UnitState, atMs: number): void {
    const { stage, ending } = state;
    if (!stage || !ending || stage.name === 'persist' || stage.name === 'release') return;
    const reserves = planReserves(state.config, ending.deadlineAtMs - atMs);
    const kept = ending.deadlineAtMs - stage.limitAtMs;
    const least = Math.min(reserves.persistReserveMs + reserves.releaseReserveMs, ending.deadlineAtMs - atMs);
    this.#require(kept >= least - EPSILON_MS || stage.limitAtMs <= atMs, `${stage.name} may eat the reserves`);
  }

  #require(holds: boolean, what: string): void {
    if (!holds) this.violations.push(`${this.#label}: ${what}`);
  }
}
