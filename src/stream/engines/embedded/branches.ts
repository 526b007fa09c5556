// The step and the parts of a pipeline in which something can be stopped alone. For the engine all of it is one step, which
// for each branch processes the record, parks it, or passes it by. Pipelines that declare neither parts nor stoppable
// models have no branches, and pay nothing for them.
import type { ErasedStep, Pipeline, RecordBatch } from '../../pipeline.ts';
import type { ErasedPart } from '../../parts.ts';
import type { Batch, OpenSink, Position } from '../../ports.ts';
import { BranchFailure } from './branch-failure.ts';
import { isParked, ParkedBatch, ParkedQueue } from './parked.ts';
import type { Parked } from './parked.ts';
import { ModelSlot, Slot } from './slots.ts';
import { StepOrigin } from './step-context.ts';
import type { Place, StepContext } from './step-context.ts';

/** `pass`: records go by it. */
type Mode = 'works' | 'park' | 'pass';

interface Branch {
  /** Null: the pipeline's own step. */
  readonly part: ErasedPart | null;
  readonly uses: readonly string[];
  queue: ParkedQueue;
  mode: Mode;
  /** The record at hand failed here for good: it is gone on with without this branch. */
  isSkipped: boolean;
  sink: OpenSink<unknown> | null;
  /** Records processed since the start, with those that are not committed yet, and as committed. */
  processed: number;
  committed: number;
}

/** Most parked records that are processed at once. */
const BATCH_MAX = 4_096;

/** Null where nothing can be stopped alone. */
export function branchesOf(pipeline: Pipeline, place: Place, context: StepContext): Branches | null {
  const isPlain =
    pipeline.parts.length === 0 && Object.values(pipeline.model).every(({ stops }) => stops === undefined);
  return isPlain ? null : new Branches(pipeline, place, context);
}

export class Branches {
  /** What the step runner runs. */
  readonly step: ErasedStep;
  readonly #pipeline: Pipeline;
  readonly #place: Place;
  readonly #context: StepContext;
  readonly #origin: StepOrigin;
  readonly #branches: readonly Branch[];
  readonly #models = new Map<string, ModelSlot>();
  readonly #stopped = new Set<string>();
  /** Of the next record, and of the first that is not committed. */
  #nextNumber = 0;
  #committedNumber = 0;
  #changed = Promise.withResolvers<void>();
  /** Told of the outputs that parts give to their sinks. */
  #count: (outputs: number) => void = () => {};

  constructor(pipeline: Pipeline, place: Place, context: StepContext) {
    this.#pipeline = pipeline;
    this.#place = place;
    this.#context = context;
    this.#origin = new StepOrigin(place);
    const main = { part: null, uses: Object.keys(pipeline.model) };
    this.#branches = [main, ...pipeline.parts.map((part) => ({ part, uses: part.uses }))].map((branch) => ({
      ...branch,
      queue: new ParkedQueue(),
      mode: 'works',
      isSkipped: false,
      sink: null,
      processed: 0,
      committed: 0,
    }));
    const { name, per } = pipeline.step;
    this.step =
      per === 'batch'
        ? { name, per, run: (batch) => this.#runBatch(batch) }
        : { name, per, run: (record) => this.#run(record) };
  }

  /** One for each queue, numbered from `first`. */
  slots(first: number): Slot[] {
    return this.#branches.map((branch, index) => {
      const name = branch.part === null ? 'parked.step' : `parked.part.${branch.part.name}`;
      const create = (): ParkedQueue => new ParkedQueue();
      return new Slot({ number: first + index, name }, create(), create, (queue) => {
        branch.queue = queue as ParkedQueue;
      });
    });
  }

  /** Goes on as committed. @param stopped scopes @param records since the pipeline first began */
  resume(slots: readonly Slot[], stopped: readonly string[], records: number): void {
    for (const slot of slots) if (slot instanceof ModelSlot) this.#models.set(slot.model, slot);
    for (const scope of stopped) this.#stopped.add(scope);
    this.markCommitted(records);
    this.#apply();
  }

  /** @param members the step's sink, then those of the parts that have one */
  connect(members: readonly OpenSink<unknown>[], count: (outputs: number) => void): void {
    this.#count = count;
    const own = members.slice(1);
    for (const branch of this.#branches) if (branch.part?.sink != null) branch.sink = own.shift()!;
  }

  /** What can be stopped alone: `model:delay`, `part:audit`. */
  get scopes(): readonly { readonly scope: string; readonly name: string; readonly optional: boolean }[] {
    const models = Object.entries(this.#pipeline.model).flatMap(([name, { stops }]) =>
      stops === undefined ? [] : [{ scope: `model:${name}`, name, optional: stops.optional ?? false }],
    );
    const parts = this.#pipeline.parts.map(({ name, optional }) => ({ scope: `part:${name}`, name, optional }));
    return [...models, ...parts];
  }

  /** Scopes that are stopped, sorted. */
  get stopped(): readonly string[] {
    return [...this.#stopped].sort();
  }

  /** Only between two epochs. */
  set(scope: string, to: 'stopped' | 'started'): void {
    if (to === 'stopped') this.#stopped.add(scope);
    else this.#stopped.delete(scope);
    this.#apply();
    this.interrupt();
  }

  /** Whoever waits for a change looks up. */
  interrupt(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Settles when something is stopped or started, or at the next `interrupt`. */
  changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** Records that wait, by branch: `step`, `part:audit`. */
  get parked(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#branches.map(({ part, queue }) => [branchName(part), queue.size]));
  }

  get isAnyParked(): boolean {
    return this.#branches.some(({ queue }) => queue.size > 0);
  }

  /** How many more records may be processed before a queue is full. */
  get room(): number {
    const { parkedMax, parkedBytesMax } = this.#pipeline;
    const rooms = this.#branches.map(({ mode, queue }) =>
      mode === 'park' ? queue.room(parkedMax, parkedBytesMax) : Number.POSITIVE_INFINITY,
    );
    return Math.max(0, Math.min(...rooms));
  }

  /** Records that a scope has processed and committed since the start; those of the step for a model. */
  processed(scope: string): number {
    return this.#branches.find(({ part }) => branchName(part) === scope)?.committed ?? this.#branches[0]!.committed;
  }

  /** The next parked records that can be processed, oldest first; null if there is none. */
  nextParked(recordsMax: number): Batch | null {
    const taken = this.#branches.map(() => 0);
    const rows: (Parked & { branch: number })[] = [];
    while (rows.length < Math.min(recordsMax, BATCH_MAX)) {
      const numbers = this.#branches.map(({ mode, queue }, index) =>
        mode === 'works' ? queue.numberAt(taken[index]!) : Number.POSITIVE_INFINITY,
      );
      const branch = numbers.indexOf(Math.min(...numbers));
      if (numbers[branch] === Number.POSITIVE_INFINITY) break;
      const parked = this.#branches[branch]!.queue.at(taken[branch]!);
      if (rows.length > 0 && rows[0]!.partition !== parked.partition) break;
      taken[branch]! += 1;
      rows.push({ ...parked, branch });
    }
    return rows.length === 0 ? null : new ParkedBatch(rows, (branch) => this.#branches[branch]!.queue.shift());
  }

  /** Records go by this branch from now on. */
  skip(branch: number): void {
    this.#branches[branch]!.isSkipped = true;
  }

  skipNone(): void {
    for (const branch of this.#branches) branch.isSkipped = false;
  }

  /** @param records committed since the pipeline first began: what is parked is numbered by its record, however often it was cut */
  markCommitted(records: number): void {
    this.#nextNumber = records;
    this.#committedNumber = records;
    for (const branch of this.#branches) branch.committed = branch.processed;
  }

  undo(): void {
    this.#nextNumber = this.#committedNumber;
    for (const branch of this.#branches) branch.processed = branch.committed;
  }

  #apply(): void {
    for (const [name, slot] of this.#models) slot.isStopped = this.#stopped.has(`model:${name}`);
    for (const branch of this.#branches) branch.mode = this.#modeOf(branch);
  }

  #modeOf({ part, uses }: Branch): Mode {
    const isDown = part !== null && this.#stopped.has(branchName(part));
    if (isDown && part.whileStopped === 'pass') return 'pass';
    const waits = uses.some(
      (model) => this.#stopped.has(`model:${model}`) && this.#pipeline.model[model]!.stops?.whileStopped === 'park',
    );
    return isDown || waits ? 'park' : 'works';
  }

  /** @returns outputs of the step; those of parts are with their sinks */
  #run(record: unknown): unknown {
    const { batch, index } = this.#place;
    if (isParked(batch!)) return this.#branch(this.#branches[batch.branches[index]!]!, record);
    const number = this.#nextNumber++;
    let pending: Promise<unknown> | null = null;
    let outputs: unknown;
    for (const branch of this.#branches) {
      // Once one has given a promise, those after it wait for it.
      const result: unknown =
        pending === null ? this.#deal(branch, number, record) : pending.then(() => this.#deal(branch, number, record));
      if (isPromise(result)) pending = result;
      if (branch.part === null) outputs = result;
    }
    return pending === null ? outputs : pending.then(() => outputs);
  }

  #deal(branch: Branch, number: number, record: unknown): unknown {
    if (branch.mode === 'pass') return undefined;
    if (branch.mode === 'works') return this.#branch(branch, record);
    branch.queue.park(number, { ...this.#here(), record });
    return undefined;
  }

  #branch(branch: Branch, record: unknown): unknown {
    branch.processed += 1;
    if (branch.isSkipped) return undefined;
    const { part } = branch;
    const fail = (error: unknown): never => {
      throw new BranchFailure(this.#branches.indexOf(branch), part, error);
    };
    const add = (outputs: unknown): unknown => (part === null ? outputs : this.#add(branch.sink, outputs));
    const step = part ?? (this.#pipeline.step as Extract<ErasedStep, { per: 'record' }>);
    try {
      const outputs = step.run(record, this.#context);
      return isPromise(outputs) ? outputs.then(add).catch(fail) : add(outputs);
    } catch (error) {
      return fail(error);
    }
  }

  #runBatch(batch: RecordBatch<unknown>): unknown {
    const branch = this.#branches[0]!;
    if (isParked(this.#place.batch!) || branch.mode === 'works') {
      branch.processed += batch.length;
      return (this.#pipeline.step as Extract<ErasedStep, { per: 'batch' }>).run(batch, this.#context);
    }
    for (let index = 0; index < batch.length; index++) {
      const { partition } = this.#place;
      const position = batch.positionAfter(index);
      branch.queue.park(this.#nextNumber++, { partition, position, record: batch.record(index) });
    }
    return undefined;
  }

  #here(): { readonly partition: number; readonly position: Position } {
    return { partition: this.#place.partition, position: this.#place.position() };
  }

  #add(sink: OpenSink<unknown> | null, outputs: unknown): undefined {
    if (outputs === undefined || sink === null) return;
    const origin = this.#origin;
    origin.ordinal = 0;
    for (const output of Array.isArray(outputs) ? (outputs as unknown[]) : [outputs]) {
      sink.add(output, origin);
      origin.ordinal += 1;
    }
    this.#count(origin.ordinal);
  }
}

function branchName(part: ErasedPart | null): string {
  return part === null ? 'step' : `part:${part.name}`;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
