// The roll-out as a reducer. Keeps: the share of the new version only grows, until it is taken back as a whole; a failed
// analysis takes it back at once; one that says nothing pauses and tells somebody, and questions that could not be asked
// are counted apart (9); the old versions stay untouched for a while, so that an undo is instant.
import { unreachable } from '../../base/assert.ts';
import { verdictOfAll } from './analysis.ts';
import type {
  AnalysisProgress,
  Measurement,
  Rollout,
  RolloutEffect,
  RolloutEvent,
  RolloutPhase,
  RolloutStep,
  RolloutStepResult,
} from './rollout-types.ts';

export interface RolloutPlan {
  readonly id: string;
  readonly model: string;
  readonly to: string;
  readonly steps: readonly RolloutStep[];
  readonly analyses: Rollout['analyses'];
  readonly keepMs: number;
  /** Shares at present. */
  readonly before: Readonly<Record<string, number>>;
}

export function startRollout(plan: RolloutPlan, atMs: number): RolloutStepResult {
  const rollout: Rollout = {
    ...plan,
    startedAtMs: atMs,
    phase: 'running',
    reason: 'started',
    step: -1,
    stepAtMs: atMs,
    weight: plan.before[plan.to] ?? 0,
    analysis: null,
    latest: [],
    keepUntilMs: null,
    released: false,
  };
  const effects: RolloutEffect[] = [];
  return { rollout: nextStep(rollout, atMs, effects), effects };
}

export function stepRollout(rollout: Rollout, event: RolloutEvent): RolloutStepResult {
  const effects: RolloutEffect[] = [];
  return { rollout: apply(rollout, event, effects), effects };
}

/** Whether it is still under way. */
export function isActive({ phase }: Rollout): boolean {
  return phase === 'running' || phase === 'paused';
}

/** When time alone changes something; null: never. */
export function rolloutDueAtMs(rollout: Rollout): number | null {
  if (rollout.phase === 'completed') return rollout.released ? null : rollout.keepUntilMs;
  if (rollout.phase !== 'running') return null;
  const step = rollout.steps[rollout.step];
  if (step?.type === 'pause') return step.ms === null ? null : rollout.stepAtMs + step.ms;
  if (step?.type !== 'analysis' || rollout.analysis === null) return null;
  return rollout.analysis.asked ? null : rollout.analysis.nextAtMs;
}

/** The shares that a roll-out puts in force: what the new version has not is shared out as it was before. */
export function sharesOf({ before, to, weight }: Pick<Rollout, 'before' | 'to' | 'weight'>): Record<string, number> {
  const others = Object.entries(before).filter(([version]) => version !== to);
  const sum = others.reduce((total, [, share]) => total + share, 0);
  const shares = others.map(([version, share]) => [version, sum === 0 ? 0 : (share / sum) * (100 - weight)] as const);
  return { ...Object.fromEntries(shares), [to]: sum === 0 ? 100 : weight };
}

function apply(rollout: Rollout, event: RolloutEvent, effects: RolloutEffect[]): Rollout {
  switch (event.type) {
    case 'tick':
      return passTime(rollout, event.atMs, effects);
    case 'resumed':
      return resume(rollout, event.atMs, effects);
    case 'measured':
      return takeMeasurement(rollout, event.measurements, event.atMs, effects);
    case 'promote':
      return promote(rollout, event.full, event.atMs, effects);
    case 'pause':
      return rollout.phase === 'running' ? { ...rollout, phase: 'paused', reason: 'somebody paused it' } : rollout;
    case 'abort':
      return isActive(rollout) ? takeBack(rollout, 'aborted', event.reason, effects) : rollout;
    case 'undo':
      return rollout.phase === 'completed' || isActive(rollout)
        ? takeBack(rollout, 'undone', 'somebody undid it', effects)
        : rollout;
    default:
      return unreachable(event, 'unknown event');
  }
}

function nextStep(rollout: Rollout, atMs: number, effects: RolloutEffect[]): Rollout {
  const index = rollout.step + 1;
  const moved = { ...rollout, step: index, stepAtMs: atMs, analysis: null };
  const step = rollout.steps[index];
  if (step === undefined) return complete(moved, atMs, effects);
  if (step.type === 'weight') {
    const weighted = { ...moved, weight: Math.max(moved.weight, step.weight) };
    effects.push({ type: 'setWeights', model: rollout.model, shares: sharesOf(weighted) });
    return nextStep(weighted, atMs, effects);
  }
  if (step.type === 'pause') {
    if (step.ms === null)
      effects.push({ type: 'notify', what: 'waiting', reason: `at ${moved.weight} %, until it is promoted` });
    return moved;
  }
  return { ...moved, analysis: freshAnalysis(atMs + moved.analyses[step.analysis]!.everyMs) };
}

function freshAnalysis(nextAtMs: number): AnalysisProgress {
  return { success: 0, failure: 0, inconclusive: 0, error: 0, errorsInRow: 0, nextAtMs, asked: false };
}

function complete(rollout: Rollout, atMs: number, effects: RolloutEffect[]): Rollout {
  effects.push({ type: 'notify', what: 'completed', reason: `${rollout.to} has ${rollout.weight} %` });
  return { ...rollout, phase: 'completed', reason: 'every step was taken', keepUntilMs: atMs + rollout.keepMs };
}

function passTime(rollout: Rollout, atMs: number, effects: RolloutEffect[]): Rollout {
  const dueAtMs = rolloutDueAtMs(rollout);
  if (dueAtMs === null || atMs < dueAtMs) return rollout;
  if (rollout.phase === 'completed') return release(rollout, effects);
  const step = rollout.steps[rollout.step]!;
  if (step.type === 'pause') return nextStep(rollout, atMs, effects);
  if (step.type !== 'analysis') return rollout;
  effects.push({ type: 'measure', analysis: step.analysis });
  return { ...rollout, analysis: { ...rollout.analysis!, asked: true } };
}

/** Old versions that have no share left have been kept long enough. */
function release(rollout: Rollout, effects: RolloutEffect[]): Rollout {
  const versions = withoutShare(rollout);
  if (versions.length > 0) effects.push({ type: 'drainVersions', model: rollout.model, versions });
  return { ...rollout, released: true, keepUntilMs: null };
}

function withoutShare(rollout: Rollout): string[] {
  const shares = sharesOf(rollout);
  return Object.keys(shares).filter((version) => shares[version] === 0 && rollout.before[version]! > 0);
}

function takeMeasurement(
  rollout: Rollout,
  latest: readonly Measurement[],
  atMs: number,
  effects: RolloutEffect[],
): Rollout {
  const step = rollout.steps[rollout.step];
  const { analysis } = rollout;
  // One that was asked before an abort or a promotion answers to nobody.
  if (!isActive(rollout) || step?.type !== 'analysis' || !analysis?.asked) return rollout;
  const verdict = verdictOfAll(latest);
  const limits = rollout.analyses[step.analysis]!;
  const counted: AnalysisProgress = {
    ...analysis,
    [verdict]: analysis[verdict] + 1,
    errorsInRow: verdict === 'error' ? analysis.errorsInRow + 1 : 0,
    nextAtMs: atMs + limits.everyMs,
    asked: false,
  };
  const measured: Rollout = { ...rollout, analysis: counted, latest };
  if (counted.failure > limits.failuresMax)
    return takeBack(measured, 'aborted', `analysis failed: ${worst(latest)}`, effects);
  if (counted.inconclusive > limits.inconclusiveMax)
    return pauseFor(measured, `analysis says nothing: ${worst(latest)}`, effects);
  if (counted.errorsInRow > limits.errorsMax)
    return pauseFor(measured, `analysis could not ask: ${worst(latest)}`, effects);
  if (measured.phase === 'paused') return measured;
  const enough = counted.success >= limits.measurements && atMs - rollout.stepAtMs >= step.forMs;
  return enough ? nextStep(measured, atMs, effects) : measured;
}

function worst(measurements: readonly Measurement[]): string {
  const bad = measurements.find(({ verdict }) => verdict !== 'success');
  if (!bad) return 'nothing was measured';
  return `${bad.query} is ${bad.value ?? 'unknown'}${bad.note === null ? '' : ` (${bad.note})`}`;
}

function pauseFor(rollout: Rollout, reason: string, effects: RolloutEffect[]): Rollout {
  if (rollout.phase === 'paused') return rollout;
  effects.push({ type: 'notify', what: 'paused', reason });
  return { ...rollout, phase: 'paused', reason };
}

function promote(rollout: Rollout, full: boolean, atMs: number, effects: RolloutEffect[]): Rollout {
  if (!isActive(rollout)) return rollout;
  const running: Rollout = { ...rollout, phase: 'running', reason: 'promoted' };
  if (full) {
    const all = { ...running, step: rollout.steps.length, weight: 100, analysis: null };
    effects.push({ type: 'setWeights', model: rollout.model, shares: sharesOf(all) });
    return complete(all, atMs, effects);
  }
  return nextStep(running, atMs, effects);
}

function takeBack(
  rollout: Rollout,
  phase: RolloutPhase & ('aborted' | 'undone'),
  reason: string,
  effects: RolloutEffect[],
): Rollout {
  if (rollout.released) effects.push({ type: 'returnVersions', model: rollout.model, versions: withoutShare(rollout) });
  effects.push({ type: 'setWeights', model: rollout.model, shares: rollout.before });
  effects.push({ type: 'notify', what: phase, reason });
  const weight = rollout.before[rollout.to] ?? 0;
  return { ...rollout, phase, reason, weight, analysis: null, keepUntilMs: null, released: false };
}

/** A question that was under way when the process ended is asked again. */
function resume(rollout: Rollout, atMs: number, effects: RolloutEffect[]): Rollout {
  const shares = rollout.phase === 'aborted' || rollout.phase === 'undone' ? rollout.before : sharesOf(rollout);
  effects.push({ type: 'setWeights', model: rollout.model, shares });
  if (rollout.released) effects.push({ type: 'drainVersions', model: rollout.model, versions: withoutShare(rollout) });
  if (!rollout.analysis?.asked) return passTime(rollout, atMs, effects);
  return passTime({ ...rollout, analysis: { ...rollout.analysis, asked: false, nextAtMs: atMs } }, atMs, effects);
}
