// Roll-outs at work: each state is durable before its effects, a restart goes on where it was, measurements are taken
// when they are due.
import { rfc3339, type Clock } from '../../base/clock.ts';
import { LastcallError } from '../../base/errors.ts';
import { newId } from '../../base/id.ts';
import type { AnalysisRule } from '../config/schema.ts';
import { isActive, rolloutDueAtMs, startRollout, stepRollout, type RolloutPlan } from '../core/rollout.ts';
import type {
  AnalysisLimits,
  Rollout,
  RolloutEffect,
  RolloutEvent,
  RolloutStep,
  RolloutStepResult,
} from '../core/rollout-types.ts';
import type { Engine } from './engine.ts';
import { measure } from './measure.ts';
import type { Records } from './records.ts';
import type { GatewayStore } from './store.ts';

type WithoutTime<T> = T extends unknown ? Omit<T, 'atMs'> : never;

export interface RolloutRequest {
  readonly model: string;
  readonly to: string;
  readonly steps: readonly RolloutStep[];
  readonly analyses: Readonly<Record<string, AnalysisRule>>;
  readonly keepMs: number;
}

export interface RolloutsParts {
  readonly engine: Engine;
  readonly store: GatewayStore;
  readonly records: Records;
  readonly clock: Clock;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** What is kept of a roll-out beside its state, so that its questions can be asked after a restart. */
type StoredRollout = Rollout & { readonly rules?: Readonly<Record<string, AnalysisRule>> };

export class Rollouts {
  readonly #parts: RolloutsParts;
  readonly #rollouts = new Map<string, StoredRollout>();
  readonly #timers = new Map<string, () => void>();
  readonly #since = new Map<string, ReturnType<Records['totalsOf']>>();
  #stopped = false;

  constructor(parts: RolloutsParts) {
    this.#parts = parts;
    for (const rollout of parts.store.rollouts()) this.#rollouts.set(rollout.id, rollout);
  }

  /** Oldest first. */
  get all(): readonly Rollout[] {
    return [...this.#rollouts.values()];
  }

  /** The one that decides over a model's weights: the newest. */
  latestOf(model: string): Rollout | undefined {
    return this.all.findLast((rollout) => rollout.model === model);
  }

  /** @throws LastcallError `not_found` for what is neither an id nor a model with a roll-out */
  find(idOrModel: string): Rollout {
    const found = this.#rollouts.get(idOrModel) ?? this.latestOf(idOrModel);
    if (found) return found;
    throw new LastcallError('not_found', {
      what: 'there is no such roll-out',
      on: idOrModel,
      todo: 'See `lastcall rollout status` for those there are.',
    });
  }

  /** Puts the weights of what was under way, or ended, in force again. After each (re)configuration. */
  resume(): void {
    const models = new Set(this.all.map(({ model }) => model));
    for (const model of models) {
      const rollout = this.latestOf(model)!;
      if (this.#parts.engine.state.models.has(model))
        this.#take(rollout, stepRollout(rollout, this.#at({ type: 'resumed' })));
    }
  }

  /** The file says other weights than before, so those of a roll-out that is over hold no more. @returns whether it is so */
  yieldTo(model: string): boolean {
    const rollout = this.latestOf(model);
    if (!rollout || isActive(rollout)) return false;
    for (const other of this.all.filter((candidate) => candidate.model === model)) this.#disarm(other.id);
    return true;
  }

  /** @throws LastcallError `usage` for versions that are not there, or if one is under way */
  start(request: RolloutRequest): Rollout {
    const { engine, clock } = this.#parts;
    const model = engine.state.models.get(request.model);
    if (!model?.config.versions.has(request.to)) {
      throw new LastcallError('usage', {
        what: model ? `the model has no version ${request.to}` : 'there is no such model',
        on: model ? `${request.model}: ${[...model.config.versions.keys()].join(', ')}` : request.model,
        todo: 'Add it to the configuration first, and reload.',
      });
    }
    const running = this.latestOf(request.model);
    if (running && isActive(running)) {
      throw new LastcallError('usage', {
        what: `a roll-out of ${running.to} is ${running.phase}`,
        on: running.id,
        todo: 'Promote, abort or undo it first.',
      });
    }
    if ((model.shares.get(request.to) ?? 0) >= 100) {
      throw new LastcallError('usage', {
        what: 'it has everything already',
        on: `${request.model} ${request.to}`,
        todo: 'Choose another version.',
      });
    }
    const plan: RolloutPlan = {
      id: newId('rollout', clock.wallMs()),
      model: request.model,
      to: request.to,
      steps: request.steps,
      analyses: Object.fromEntries(Object.entries(request.analyses).map(([name, rule]) => [name, limitsOf(rule)])),
      keepMs: request.keepMs,
      before: Object.fromEntries(model.shares),
    };
    const { rollout, effects } = startRollout(plan, clock.wallMs());
    this.#take(null, { rollout: { ...rollout, rules: request.analyses } as StoredRollout, effects });
    return rollout;
  }

  /** @throws LastcallError `not_found`; `usage` if it cannot any more */
  tell(idOrModel: string, event: WithoutTime<RolloutEvent>): Rollout {
    const before = this.find(idOrModel);
    const result = stepRollout(before, this.#at(event));
    if (result.rollout === before) {
      throw new LastcallError('usage', {
        what: `it is ${before.phase}: ${before.reason}`,
        on: before.id,
        todo: event.type === 'undo' ? 'Start a roll-out of the other version.' : 'See `lastcall rollout status`.',
      });
    }
    this.#take(before, result);
    return this.find(before.id);
  }

  stop(): void {
    this.#stopped = true;
    for (const id of this.#timers.keys()) this.#disarm(id);
  }

  #at(event: WithoutTime<RolloutEvent>): RolloutEvent {
    return { ...event, atMs: this.#parts.clock.wallMs() };
  }

  /** Durable first, then in force (invariant 6). */
  #take(before: Rollout | null, { rollout, effects }: RolloutStepResult): void {
    if (rollout !== before) {
      this.#parts.store.saveRollout(rollout);
      this.#rollouts.set(rollout.id, rollout);
    }
    if (rollout.step !== before?.step || !this.#since.has(rollout.id)) {
      this.#since.set(rollout.id, this.#parts.records.totalsOf(`${rollout.model}/${rollout.to}`));
    }
    for (const effect of effects) this.#carryOut(rollout, effect);
    this.#arm(rollout);
  }

  #carryOut(rollout: StoredRollout, effect: RolloutEffect): void {
    const { engine, store, log } = this.#parts;
    switch (effect.type) {
      case 'setWeights': {
        const weights = new Map(Object.entries(effect.shares));
        engine.feed({ type: 'weightsSet', model: effect.model, weights });
        return log('weights', { model: effect.model, weights: effect.shares, rollout: rollout.id });
      }
      case 'notify':
        return log(`rollout_${effect.what}`, {
          rollout: rollout.id,
          model: rollout.model,
          to: rollout.to,
          reason: effect.reason,
        });
      case 'drainVersions':
        for (const version of effect.versions) {
          store.takeOut('version', `${effect.model}/${version}`);
          engine.feed({ type: 'versionDrainAsked', pool: `${effect.model}/${version}`, budget: null });
        }
        return;
      case 'returnVersions':
        for (const version of effect.versions) {
          store.bringBack('version', `${effect.model}/${version}`);
          engine.feed({ type: 'versionReturnAsked', pool: `${effect.model}/${version}` });
        }
        return;
      default:
        return void this.#measure(rollout, effect.analysis);
    }
  }

  async #measure(rollout: StoredRollout, analysis: string): Promise<void> {
    const { records } = this.#parts;
    const pool = `${rollout.model}/${rollout.to}`;
    const since = this.#since.get(rollout.id) ?? records.totalsOf(pool);
    const rule = rollout.rules?.[analysis];
    const subject = { model: rollout.model, version: rollout.to, figures: records.figuresOf(pool, since) };
    const measurements = rule ? await measure(rule, subject) : [];
    if (this.#stopped) return;
    const before = this.#rollouts.get(rollout.id)!;
    const { log } = this.#parts;
    log('rollout_measured', { rollout: rollout.id, measurements });
    this.#take(before, stepRollout(before, this.#at({ type: 'measured', measurements })));
  }

  #arm(rollout: Rollout): void {
    this.#disarm(rollout.id);
    const dueAtMs = rolloutDueAtMs(rollout);
    if (this.#stopped || dueAtMs === null || this.latestOf(rollout.model)?.id !== rollout.id) return;
    const { clock } = this.#parts;
    const cancel = clock.after(dueAtMs - clock.wallMs(), () => {
      const before = this.#rollouts.get(rollout.id)!;
      this.#take(before, stepRollout(before, { type: 'tick', atMs: Math.max(clock.wallMs(), dueAtMs) }));
    });
    this.#timers.set(rollout.id, cancel);
  }

  #disarm(id: string): void {
    this.#timers.get(id)?.();
    this.#timers.delete(id);
  }
}

function limitsOf(rule: AnalysisRule): AnalysisLimits {
  return {
    everyMs: rule.every,
    measurements: rule.measurements,
    failuresMax: rule.failuresMax,
    inconclusiveMax: rule.inconclusiveMax,
    errorsMax: rule.errorsMax,
  };
}

/** A roll-out as people and programs see it. */
export function rolloutView(rollout: Rollout): Record<string, unknown> {
  const { rules: _rules, analyses: _analyses, startedAtMs, stepAtMs, keepUntilMs, ...rest } = rollout as StoredRollout;
  return {
    ...rest,
    stepsTotal: rollout.steps.length,
    startedAt: rfc3339(startedAtMs),
    stepAt: rfc3339(stepAtMs),
    keepUntil: keepUntilMs === null ? null : rfc3339(keepUntilMs),
  };
}
