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
  readonly #timerLateMsMax: number;
  #intakeBegan = false;
  #ended = false;
  #reportWritten = false;
  #deadlineAtMs: number | null = null;
  #noticed = false;
  /** The stage that runs, with the limit that it began with. */
  #stageBefore: { readonly name: StageName; readonly limitAtMs: number } | null = null;
  #signals = 0;
  readonly #startedHooks = new Set<string>();
  readonly #stagesOver: StageName[] = [];
  /** The work, or that of a part, ended with a code other than 0 or an error: nothing else makes an outcome `failed`. */
  #workFailed = false;
  /** Parts that failed on their own and were not started again. */
  readonly #failedParts = new Set<string>();
  #accepted = 0;
  #settled = 0;

  constructor(label: string, timerLateMsMax: number) {
    this.#label = label;
    this.#timerLateMsMax = timerLateMsMax;
  }

  /** Called after each step with what went in and what came out. @param lagMs how late the event is */
  after(event: UnitEvent, state: UnitState, effects: readonly Effect[], lagMs: number): void {
    this.#checkWork(event, state, effects);
    if (event.type === 'notice') this.#noticed = true;
    if (isFailure(event)) this.#workFailed = true;
    if (event.type === 'hookRemoved') this.#failedParts.delete(event.hook);
    if (event.type === 'hookSettled' && event.failure != null && state.phase === 'ready') {
      this.#failedParts.add(event.hook);
    }
    for (const effect of effects) this.#checkEffect(effect, event, state, lagMs);
    this.#checkPlan(state, event.atMs);
    this.#checkLeases(state);
    this.#checkSignals(event, state, effects);
  }

  /** Called when virtual time has run out. */
  atTheEnd(stopped: boolean, state: UnitState): void {
    if (!stopped) return;
    this.require(this.#ended, '4: an ending that began was never over');
    const { accepted, finished, returned, lost, unknown } = state.work.counts;
    this.require(accepted === finished + returned + lost + unknown, '2: the sum does not hold');
    this.require(accepted === this.#accepted, `2: ${this.#accepted} were accepted, the report says ${accepted}`);
    this.require(state.stages.length === STAGES.length, 'report: a stage is missing');
    if (state.outcome?.exitCode === 0) this.#checkSuccess(state);
    const needed = state.hooks.find(({ id, optional }) => !optional && this.#failedParts.has(id));
    this.require(
      needed === undefined || state.outcome?.exitCode !== 0,
      `part ${needed?.id} failed, and that is a success`,
    );
    this.require(state.outcome?.outcome !== 'failed' || this.#workFailed, '8: an ending made the work fail');
  }

  #checkWork(event: UnitEvent, state: UnitState, effects: readonly Effect[]): void {
    const refused = effects.some((effect) => effect.type === 'refuseWork');
    if (event.type === 'workAccepted') {
      this.require(refused || !this.#intakeBegan, '1: work was accepted after intake began');
      if (!refused) this.#accepted += event.id === null ? event.count : 1;
    }
    if (event.type === 'workSettled' && !this.#ended) this.#settled += event.id === null ? event.count : 1;
    if (!this.#ended && state.phase !== 'ended') {
      this.require(state.work.inFlight === this.#accepted - this.#settled, '2: in flight does not add up');
    }
  }

  #checkEffect(effect: Effect, event: UnitEvent, state: UnitState, lagMs: number): void {
    if (this.#ended && effect.type !== 'kill') {
      this.require(effect.type === 'emit' || effect.type === 'refuseWork', `effect ${effect.type} after the end`);
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
        this.require(!this.#reportWritten, 'the report was written twice');
        this.#reportWritten = true;
        return;
      case 'exit':
        this.require(this.#reportWritten, '6: exit before the report');
        this.require(
          this.#deadlineAtMs === null || event.atMs <= this.#deadlineAtMs + lagMs + this.#timerLateMsMax + EPSILON_MS,
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
    if (!hook) return this.require(false, `hook ${id} was started and is unknown`);
    this.require(!this.#startedHooks.has(id), `hook ${id} was started twice`);
    this.#startedHooks.add(id);
    const before = STAGES.slice(0, STAGES.indexOf(hook.stage));
    this.require(
      before.every((stage) => this.#stagesOver.includes(stage)),
      `3: ${hook.stage} began before ${before.at(-1)} was over`,
    );
    const dependents = state.hooks.filter((other) => other.stage === hook.stage && other.dependsOn.includes(id));
    this.require(
      dependents.every((other) => other.state !== 'waiting' && other.state !== 'running'),
      `hook ${id} was started while something depends on it`,
    );
    this.require(budgetMs > 0, `hook ${id} was started without any time`);
    this.require(atMs + budgetMs <= (this.#deadlineAtMs ?? 0) + EPSILON_MS, `4: hook ${id} may overrun the deadline`);
  }

  #checkDeadline(nextAtMs: number, event: UnitEvent, state: UnitState): void {
    const before = this.#deadlineAtMs;
    if (before !== null && nextAtMs > before + EPSILON_MS) {
      this.require(event.type === 'extensionAsked', `the deadline moved later by ${event.type}`);
      this.require(!this.#noticed, 'a lease moved a deadline that a notice had set');
      this.require(state.config.extension !== 'refused', 'a lease moved a deadline that the platform enforces');
    }
    this.#deadlineAtMs = nextAtMs;
  }

  /** No stage is given more than its lease in sum. */
  #checkLeases(state: UnitState): void {
    const { stage } = state;
    if (!stage) return;
    if (this.#stageBefore?.name !== stage.name) this.#stageBefore = { name: stage.name, limitAtMs: stage.limitAtMs };
    const leasedMs = stage.limitAtMs - this.#stageBefore.limitAtMs;
    const most = state.config.extensionMaxMs[stage.name];
    this.require(leasedMs <= most + EPSILON_MS, `4: ${stage.name} was given ${leasedMs} ms more, ${most} are allowed`);
  }

  /** Of the signals that count, the second gives up draining and the third ends everything. */
  #checkSignals(event: UnitEvent, state: UnitState, effects: readonly Effect[]): void {
    if (event.type !== 'signal') return;
    const counts = (effect: Effect) =>
      effect.type === 'emit' && effect.event.event === 'signal' && effect.event.counted;
    if (effects.some(counts)) this.#signals += 1;
    if (this.#signals >= 2) this.require(state.ending?.forced === true, 'the second signal did not give up draining');
    if (this.#signals >= 3) this.require(state.phase === 'ended', 'the third signal did not end everything');
  }

  /** A success is one in every stage. */
  #checkSuccess(state: UnitState): void {
    const { counts } = state.work;
    this.require(
      counts.lost + counts.unknown + counts.returned === 0,
      '2: work was left, and that is called a success',
    );
    const forced = state.ending?.forced === true;
    for (const { name, result, stuck } of state.stages) {
      // Routers and draining may be given up, if nothing was lost by it; work may be finished after drain's time.
      const givenUp = (name === 'announce' && forced) || name === 'drain';
      const well = result === 'ok' || result === 'skipped' || (result === 'timeout' && givenUp);
      this.require(well, `${name} had the result ${result} (${stuck.join(', ')}), and that is called a success`);
    }
    const undrained = state.hooks.filter((hook) => hook.stage === 'drain' && hook.state === 'aborted');
    const names = undrained.map((hook) => hook.name).join(', ');
    this.require(undrained.length === 0 || forced, `${names} did not drain, and that is called a success`);
  }

  /** While drain runs, its limit leaves persist and release what was reserved for them. */
  #checkPlan(state: UnitState, atMs: number): void {
    const { stage, ending } = state;
    if (!stage || !ending || stage.name === 'persist' || stage.name === 'release') return;
    const reserves = planReserves(state.config, ending.deadlineAtMs - atMs);
    const kept = ending.deadlineAtMs - stage.limitAtMs;
    const least = Math.min(reserves.persistReserveMs + reserves.releaseReserveMs, ending.deadlineAtMs - atMs);
    this.require(kept >= least - EPSILON_MS || stage.limitAtMs <= atMs, `${stage.name} may eat the reserves`);
  }

  require(holds: boolean, what: string): void {
    if (!holds) this.violations.push(`${this.#label}: ${what}`);
  }
}

function isFailure(event: UnitEvent): boolean {
  if (event.type === 'workEnded') return event.code !== 0;
  if (event.type === 'hookSettled')
    return event.failure != null || event.conditions.some((what) => what === 'internal' || what === 'dependency');
  return event.type === 'fatal';
}
