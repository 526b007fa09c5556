// A record whose step threw. Its partial effects on state and models must not survive, and neither should the good records
// before it be lost; nothing is kept for that while all is well. So: everything goes back to the last commit, the good
// records since then are processed once more (same input, same result) and committed, and the record is tried again alone,
// each time from the committed state. In the end it is stepped over with a dead letter, or the pipeline stops before it.
// That costs a reload of the changed state and two commits: milliseconds, so it is meant for rare records.
import { LastcallError, messageOf } from '../../../base/errors.ts';
import { showPosition } from '../../core/positions.ts';
import type { Pipeline } from '../../pipeline.ts';
import type { Batch } from '../../ports.ts';
import { BadRecord } from '../../sources/index.ts';
import { BranchFailure, thrown } from './branch-failure.ts';
import type { Branches } from './branches.ts';
import { createCursor } from './cursor.ts';
import { recordText } from './dead-letters.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { Epochs } from './epochs.ts';
import type { Run } from './intake.ts';
import { StepFailure } from './step-runner.ts';
import type { StepRunner } from './step-runner.ts';

export interface FailureParts {
  readonly pipeline: Pipeline;
  readonly epochs: Epochs;
  readonly runner: StepRunner;
  /** Null: there is but one. */
  readonly branches: Branches | null;
  readonly nowMs: () => number;
  readonly commit: () => Promise<void>;
}

/**
 * Deals with a failure in `run`, whose records before the failing one are not part of the open epoch yet.
 * @returns the index after the record; everything before it is part of the open epoch or committed
 * @throws LastcallError `failed` naming step and position, if the pipeline is to stop; the records before are committed
 */
export async function dealWithFailure(parts: FailureParts, run: Run, failure: StepFailure): Promise<number> {
  const found = await isolate(parts, run, failure);
  if (found === null) return run.to;
  const { epochs, branches } = parts;
  const one = { batch: run.batch, from: found.index, to: found.index + 1 };
  const letters: DeadLetter[] = [];
  try {
    for (let cause: unknown = found.cause; ;) {
      const left = await tryAgain(parts, one, cause);
      if (left === null) break;
      letters.push(left.letter);
      const branch = branchThatFailed(parts, one, left.cause);
      if (branch === null) {
        epochs.open.add(one, parts.nowMs());
        break;
      }
      // The others go on with the record, without this one.
      branches!.skip(branch);
      const again = await attempt(parts, one);
      if (again === null) break;
      ({ cause } = again);
      await epochs.undo();
    }
  } finally {
    branches?.skipNone();
  }
  if (letters.length === 0) return one.to;
  epochs.open.deadLetters.push(...letters);
  await parts.commit();
  return one.to;
}

/**
 * The record alone, as often as it may be tried, each time from the committed state.
 * @returns null once it is part of the open epoch; else what became of it
 * @throws LastcallError `failed` if the pipeline is to stop
 */
async function tryAgain(
  parts: FailureParts,
  one: Run,
  first: unknown,
): Promise<{ readonly letter: DeadLetter; readonly cause: unknown } | null> {
  const { pipeline, epochs } = parts;
  let cause = first;
  let attempts = 1;
  while (!isHopeless(cause) && attempts <= pipeline.onError.retries) {
    attempts += 1;
    const again = await attempt(parts, one);
    if (again === null) return null;
    ({ cause } = again);
    await epochs.undo();
  }
  if (isHopeless(cause) || pipeline.onError.then === 'stop') throw stepError(pipeline, one.batch, one.from, cause);
  const letter = { ...identityOf(pipeline, one.batch, one.from, cause), attempts, error: messageOf(thrown(cause)) };
  return { letter, cause };
}

/** Mistakes in the program are not a record's fault. */
function isHopeless(cause: unknown): boolean {
  const error = thrown(cause);
  return error instanceof LastcallError && (error.code === 'usage' || error.code === 'internal');
}

/** The number of the branch; null if the record is to be stepped over as a whole. */
function branchThatFailed({ branches }: FailureParts, { batch, from }: Run, cause: unknown): number | null {
  if (cause instanceof BranchFailure) return cause.branch;
  if (branches === null || branches.step.per === 'batch' || batch.rows?.[from] instanceof BadRecord) return null;
  // The sink did not take what the step gave.
  return 0;
}

/**
 * Goes back to the last commit and commits the good records before the failing one.
 * @returns the record that fails; null if none does when they are taken one by one
 */
async function isolate(
  parts: FailureParts,
  run: Run,
  failure: StepFailure,
): Promise<{ readonly index: number; readonly cause: unknown } | null> {
  const { batch } = run;
  const undone = await parts.epochs.undo();
  await replay(parts, [...undone.segments, { batch, from: run.from, to: failure.index }]);
  await parts.commit();
  if (failure.exact) return { index: failure.index, cause: failure.cause };
  for (let index = failure.index; index < run.to; index++) {
    const again = await attempt(parts, { batch, from: index, to: index + 1 });
    if (again !== null) return isolate(parts, { batch, from: index, to: run.to }, again);
  }
  return null;
}

/** Processes good records once more. A step that calls the outside may fail now and then: it gets its retries too. */
async function replay(parts: FailureParts, segments: readonly Run[]): Promise<void> {
  for (let attempts = 1; ; attempts++) {
    const failure = await firstFailure(parts, segments);
    if (failure === null) return;
    await parts.epochs.undo();
    if (attempts > parts.pipeline.onError.retries) {
      throw stepError(parts.pipeline, failure.batch, failure.failure.index, failure.failure.cause);
    }
  }
}

async function firstFailure(
  parts: FailureParts,
  segments: readonly Run[],
): Promise<{ readonly batch: Batch; readonly failure: StepFailure } | null> {
  for (const segment of segments) {
    const failure = await attempt(parts, segment);
    if (failure !== null) return { batch: segment.batch, failure };
  }
  return null;
}

/** Processes records into the open epoch; after a failure the open epoch has to be undone. */
async function attempt({ runner, epochs, nowMs }: FailureParts, run: Run): Promise<StepFailure | null> {
  try {
    for (let index = run.from; index < run.to;) index = await runner.run(run.batch, index, run.to);
  } catch (error) {
    if (error instanceof StepFailure) return error;
    throw error;
  }
  epochs.open.add(run, nowMs());
  return null;
}

function identityOf(
  pipeline: Pipeline,
  batch: Batch,
  index: number,
  cause: unknown,
): Omit<DeadLetter, 'attempts' | 'error'> {
  const cursor = createCursor();
  cursor.batch(batch);
  const { partition } = batch;
  return {
    step: nameOf(pipeline, cause),
    partition,
    position: batch.positionAfter(index),
    record: recordText(cursor.at(index)),
  };
}

function nameOf(pipeline: Pipeline, cause: unknown): string {
  return (cause instanceof BranchFailure ? cause.scope : null) ?? pipeline.step.name;
}

function stepError(pipeline: Pipeline, batch: Batch, index: number, cause: unknown): LastcallError {
  // A service that does not answer is no fault of the record: the next start may find it back.
  const error = thrown(cause);
  const isOutage = error instanceof LastcallError && error.code === 'dependency';
  return new LastcallError(isOutage ? 'dependency' : 'failed', {
    what: `${nameOf(pipeline, cause)} failed: ${messageOf(error)}`,
    on: `${pipeline.name}, partition ${batch.partition}, record before position ${showPosition(batch.positionAfter(index))}`,
    todo: "Everything before this record is committed. Repair the step or the record, or set onError to { retries, then: 'dead-letter' }.",
    cause: error,
  });
}
