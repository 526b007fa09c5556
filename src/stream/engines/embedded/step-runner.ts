// Runs the step over a range of a batch and hands its outputs to the sink. A step that answers at once costs no promise;
// one that returns a promise is awaited before the next record is looked at.
import { LastcallError } from '../../../base/errors.ts';
import type { ErasedStep, Pipeline } from '../../pipeline.ts';
import type { Batch, OpenSink } from '../../ports.ts';
import { BadRecord } from '../../sources/index.ts';
import { recordBatch } from './record-batch.ts';
import { createCursor } from './cursor.ts';
import { StepOrigin } from './step-context.ts';
import type { Place, StepContext } from './step-context.ts';

/** The step threw, or its output was refused, at one record; for a batch of several, at one of them. */
export class StepFailure extends Error {
  readonly index: number;
  /** Whether `index` is the record that failed, or the first of a batch that failed. */
  readonly exact: boolean;

  constructor(index: number, exact: boolean, cause: unknown) {
    super('a step failed', { cause });
    this.index = index;
    this.exact = exact;
  }
}

export class StepRunner {
  /** Outputs handed to the sink so far. */
  outputs = 0;
  readonly #step: ErasedStep;
  readonly #context: StepContext;
  readonly #place: Place;
  readonly #sink: OpenSink<unknown>;
  readonly #origin: StepOrigin;
  readonly #cursor = createCursor();
  /** What the step returned, if that was a promise. */
  #pending: PromiseLike<unknown> | null = null;
  #abandoned = false;

  constructor(pipeline: Pick<Pipeline, 'step'>, context: StepContext, place: Place, sink: OpenSink<unknown>) {
    this.#step = pipeline.step;
    this.#context = context;
    this.#place = place;
    this.#sink = sink;
    this.#origin = new StepOrigin(place);
  }

  /** Whatever the step still gives is ignored, and no further record is begun. */
  abandon(): void {
    this.#abandoned = true;
    this.#context.cancelCalls();
  }

  /**
   * Processes the records `from` … `to` − 1, or up to and with the first whose step returns a promise.
   * @returns the index after the last record that was processed; never settles once abandoned
   * @throws StepFailure, also by the promise
   */
  run(batch: Batch, from: number, to: number): number | Promise<number> {
    if (this.#abandoned) return new Promise(() => {});
    this.#place.batch = batch;
    this.#cursor.batch(batch);
    const reached = this.#advance(batch, from, to);
    return reached === to ? to : this.#finish(reached, this.#step.per === 'batch' ? to : reached + 1);
  }

  /** Goes on until `to`, or to the record whose step returned a promise (`#pending`). Says which. */
  #advance(batch: Batch, from: number, to: number): number {
    if (this.#step.per === 'batch') return this.#runBatch(this.#step, batch, from, to);
    const { run } = this.#step;
    const place = this.#place;
    const cursor = this.#cursor;
    const context = this.#context;
    let index = from;
    try {
      for (; index < to; index++) {
        const record = cursor.at(index);
        place.index = index;
        place.record = record;
        if (record instanceof BadRecord) throw badRecord(record);
        const outputs = run(record, context);
        if (outputs === undefined) continue;
        if (isPromise(outputs)) {
          this.#pending = outputs;
          return index;
        }
        this.#add(outputs);
      }
    } catch (error) {
      throw new StepFailure(index, true, error);
    }
    return to;
  }

  #runBatch(step: Extract<ErasedStep, { per: 'batch' }>, batch: Batch, from: number, to: number): number {
    this.#place.index = from;
    try {
      const bad = batch.rows?.slice(from, to).find((row) => row instanceof BadRecord);
      if (bad instanceof BadRecord) throw badRecord(bad);
      const outputs = step.run(recordBatch(batch, from, to, this.#cursor), this.#context);
      if (isPromise(outputs)) {
        this.#pending = outputs;
        return from;
      }
      this.#addAll(outputs, from, to);
    } catch (error) {
      throw new StepFailure(from, to - from === 1, error);
    }
    return to;
  }

  /** Waits for the step that was given the records `from` … `to` − 1. */
  async #finish(from: number, to: number): Promise<number> {
    try {
      const outputs = await this.#pending;
      if (this.#abandoned) await new Promise(() => {});
      if (this.#step.per === 'batch') this.#addAll(outputs, from, to);
      else if (outputs !== undefined) this.#add(outputs);
      return to;
    } catch (error) {
      if (this.#abandoned) await new Promise(() => {});
      throw new StepFailure(from, to - from === 1, error);
    }
  }

  #addAll(outputs: unknown, from: number, to: number): void {
    if (outputs === undefined) return;
    if (!Array.isArray(outputs) || outputs.length !== to - from) throw wrongLength(outputs, to - from);
    for (let index = from; index < to; index++) {
      const output: unknown = outputs[index - from];
      if (output === undefined) continue;
      this.#place.index = index;
      this.#add(output);
    }
  }

  #add(outputs: unknown): void {
    const origin = this.#origin;
    origin.ordinal = 0;
    if (!Array.isArray(outputs)) {
      this.#sink.add(outputs, origin);
      this.outputs += 1;
      return;
    }
    for (const output of outputs) {
      this.#sink.add(output, origin);
      origin.ordinal += 1;
    }
    this.outputs += outputs.length;
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function badRecord({ reason, at }: BadRecord): LastcallError {
  return new LastcallError('failed', {
    what: reason,
    on: at,
    todo: "Repair the record, or set onError to { retries: 0, then: 'dead-letter' }.",
  });
}

function wrongLength(outputs: unknown, records: number): LastcallError {
  const what = Array.isArray(outputs) ? `${outputs.length} outputs` : `a ${typeof outputs}`;
  return new LastcallError('failed', {
    what: `processBatch returned ${what} for ${records} records`,
    todo: 'Return an array with one entry per record (undefined where there is no output), or nothing.',
  });
}
