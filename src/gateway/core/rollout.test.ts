import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { verdictOf, verdictOfAll } from './analysis.ts';
import { rolloutDueAtMs, sharesOf, startRollout, stepRollout, type RolloutPlan } from './rollout.ts';
import type { Measurement, Rollout, RolloutEffect, RolloutEvent, Verdict } from './rollout-types.ts';

const LIMITS = { everyMs: 10, measurements: 2, failuresMax: 0, inconclusiveMax: 1, errorsMax: 1 };

function plan(steps: RolloutPlan['steps'], parts: Partial<RolloutPlan> = {}): RolloutPlan {
  return {
    id: 'ro_1',
    model: 'churn',
    to: 'v2',
    steps,
    analyses: { quality: LIMITS },
    keepMs: 1_000,
    before: { v1: 100, v2: 0 },
    ...parts,
  };
}

type Untimed<T> = T extends unknown ? Omit<T, 'atMs'> : never;

class Course {
  rollout: Rollout;
  effects: RolloutEffect[] = [];
  atMs = 0;

  constructor(given: RolloutPlan) {
    const { rollout, effects } = startRollout(given, 0);
    this.rollout = rollout;
    this.effects.push(...effects);
  }

  feed(event: Untimed<RolloutEvent>): this {
    const { rollout, effects } = stepRollout(this.rollout, { ...event, atMs: this.atMs });
    this.rollout = rollout;
    this.effects.push(...effects);
    return this;
  }

  pass(ms: number): this {
    this.atMs += ms;
    return this.feed({ type: 'tick' });
  }

  measure(verdict: Verdict): this {
    const due = rolloutDueAtMs(this.rollout)!;
    this.pass(due - this.atMs);
    return this.feed({ type: 'measured', measurements: [measurement(verdict)] });
  }

  weights(): number[] {
    return this.effects.flatMap((effect) => (effect.type === 'setWeights' ? [effect.shares['v2']!] : []));
  }

  notices(): string[] {
    return this.effects.flatMap((effect) => (effect.type === 'notify' ? [effect.what] : []));
  }
}

function measurement(verdict: Verdict): Measurement {
  return { query: 'errors', verdict, value: verdict === 'error' ? null : 0.5, note: null };
}

const weight = (share: number) => ({ type: 'weight', weight: share }) as const;
const pause = (ms: number | null) => ({ type: 'pause', ms }) as const;
const analysis = (forMs: number) => ({ type: 'analysis', analysis: 'quality', forMs }) as const;

test('steps are taken in order and in time, and at the end the new version has all', () => {
  const course = new Course(plan([weight(5), pause(100), weight(50), pause(100), weight(100)]));
  assert.deepEqual(course.weights(), [5]);
  assert.deepEqual(course.pass(99).weights(), [5]);
  assert.deepEqual(course.pass(1).weights(), [5, 50]);
  assert.deepEqual(course.pass(100).weights(), [5, 50, 100]);
  assert.equal(course.rollout.phase, 'completed');
  assert.deepEqual(course.notices(), ['completed']);
});

test('a pause without an end waits for a promotion and says so', () => {
  const course = new Course(plan([weight(5), pause(null), weight(100)]));
  assert.deepEqual(course.notices(), ['waiting']);
  course.pass(1e9);
  assert.deepEqual(course.weights(), [5]);
  course.feed({ type: 'promote', full: false });
  assert.deepEqual(course.weights(), [5, 100]);
});

test('an analysis that succeeds often and long enough goes on', () => {
  const course = new Course(plan([weight(5), analysis(35), weight(100)]));
  course.measure('success').measure('success').measure('success');
  assert.deepEqual(course.weights(), [5], 'its time is not over');
  course.measure('success');
  assert.deepEqual(course.weights(), [5, 100]);
});

test('a failure takes everything back at once', () => {
  const course = new Course(
    plan([weight(5), pause(10), weight(25), analysis(0), weight(100)], { before: { v1: 70, v2: 0, v0: 30 } }),
  );
  course.pass(10);
  course.measure('success').measure('failure');
  assert.equal(course.rollout.phase, 'aborted');
  assert.match(course.rollout.reason, /analysis failed: errors is 0\.5/);
  assert.deepEqual(course.effects.at(-2), { type: 'setWeights', model: 'churn', shares: { v1: 70, v2: 0, v0: 30 } });
  assert.equal(rolloutDueAtMs(course.rollout), null);
});

test('what says nothing pauses and tells, and a promotion goes on', () => {
  const course = new Course(plan([weight(5), analysis(0), weight(100)]));
  course.measure('inconclusive').measure('inconclusive');
  assert.deepEqual([course.rollout.phase, course.notices()], ['paused', ['paused']]);
  assert.deepEqual(course.pass(1e9).weights(), [5]);
  assert.deepEqual(course.feed({ type: 'promote', full: false }).weights(), [5, 100]);
});

test('questions that could not be asked are counted apart, and only those in a row', () => {
  const course = new Course(plan([weight(5), analysis(1e9), weight(100)]));
  course.measure('error').measure('success').measure('error').measure('success').measure('error');
  assert.equal(course.rollout.phase, 'running');
  assert.deepEqual([course.rollout.analysis?.error, course.rollout.analysis?.inconclusive], [3, 0]);
  course.measure('error');
  assert.equal(course.rollout.phase, 'paused');
  assert.match(course.rollout.reason, /could not ask/);
});

test('a measurement that comes after an abort changes nothing', () => {
  const course = new Course(plan([weight(5), analysis(0), weight(100)]));
  course.pass(10).feed({ type: 'abort', reason: 'no' });
  const before = course.rollout;
  course.feed({ type: 'measured', measurements: [measurement('success')] });
  assert.equal(course.rollout, before);
});

test('an undo within the time to keep is instant; after it the old version is asked back first', () => {
  const course = new Course(plan([weight(100)]));
  assert.equal(rolloutDueAtMs(course.rollout), 1_000);
  const late = new Course(plan([weight(100)]));
  course.feed({ type: 'undo' });
  assert.deepEqual(course.weights(), [100, 0]);
  assert(!course.effects.some(({ type }) => type === 'drainVersions' || type === 'returnVersions'));
  late.pass(1_000);
  assert.deepEqual(late.effects.at(-1), { type: 'drainVersions', model: 'churn', versions: ['v1'] });
  late.feed({ type: 'undo' });
  const names = late.effects.map(({ type }) => type);
  assert(names.indexOf('returnVersions') < names.lastIndexOf('setWeights'));
  assert.equal(late.rollout.phase, 'undone');
});

test('a new process says again what is in force and asks again what was under way', () => {
  const course = new Course(plan([weight(5), analysis(0), weight(100)]));
  course.pass(10);
  assert.equal(rolloutDueAtMs(course.rollout), null, 'it waits for the answer');
  const stored = JSON.parse(JSON.stringify(course.rollout)) as Rollout;
  const { rollout, effects } = stepRollout(stored, { type: 'resumed', atMs: 500 });
  assert.deepEqual(effects, [
    { type: 'setWeights', model: 'churn', shares: { v1: 95, v2: 5 } },
    { type: 'measure', analysis: 'quality' },
  ]);
  assert.equal(rollout.analysis?.asked, true);
});

test('the share of the new version never shrinks while a roll-out runs, whatever happens', () => {
  const step = fc.oneof(
    fc.integer({ min: 0, max: 100 }).map(weight),
    fc.integer({ min: 0, max: 50 }).map(pause),
    fc.integer({ min: 0, max: 50 }).map(analysis),
  );
  const verdict = fc.constantFrom<Verdict>('success', 'failure', 'inconclusive', 'error');
  const happening = fc.oneof(
    fc.integer({ min: 0, max: 30 }).map((ms) => (course: Course) => course.pass(ms)),
    verdict.map((given) => (course: Course) => course.feed({ type: 'measured', measurements: [measurement(given)] })),
    fc
      .constantFrom<Untimed<RolloutEvent>>(
        { type: 'pause' },
        { type: 'promote', full: false },
        { type: 'resumed' },
        { type: 'promote', full: true },
        { type: 'abort', reason: 'x' },
        { type: 'undo' },
      )
      .map((event) => (course: Course) => course.feed(event)),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), fc.array(happening, { maxLength: 40 }), (steps, happenings) => {
      const course = new Course(plan(steps));
      let before = course.rollout.weight;
      for (const happen of happenings) {
        happen(course);
        const { phase, weight: now } = course.rollout;
        if (phase === 'aborted' || phase === 'undone') assert.equal(now, 0);
        else assert(now >= before, `${before} → ${now}`);
        before = now;
        const total = Object.values(sharesOf(course.rollout)).reduce((sum, share) => sum + share, 0);
        assert(Math.abs(total - 100) < 1e-9);
      }
    }),
  );
});

test('verdicts: missing values are inconclusive, between two limits as well', () => {
  assert.equal(verdictOf(null, { successBelow: 1 }), 'inconclusive');
  assert.equal(verdictOf(Number.NaN, { failureAbove: 1 }), 'inconclusive');
  assert.equal(verdictOf(0.5, { successBelow: 1 }), 'success');
  assert.equal(verdictOf(2, { successBelow: 1 }), 'failure');
  assert.equal(verdictOf(2, { successBelow: 1, failureAbove: 3 }), 'inconclusive');
  assert.equal(verdictOf(4, { successBelow: 1, failureAbove: 3 }), 'failure');
  assert.equal(verdictOf(2, { failureAbove: 3 }), 'success');
  assert.equal(verdictOfAll([measurement('success'), measurement('error'), measurement('failure')]), 'failure');
  assert.equal(verdictOfAll([measurement('success'), measurement('inconclusive'), measurement('error')]), 'error');
  assert.equal(verdictOfAll([]), 'inconclusive');
});
