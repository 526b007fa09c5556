// The state and the models of a running pipeline: instances, and the handles that steps get. Slot 0 is the engine's own
// and keeps the state of `context.random`, so that random numbers are undone and resumed like everything else.
import { SeededRandom } from '../../../base/random.ts';
import type { Pipeline } from '../../pipeline.ts';
import type { ModelDefinition, ModelInstance, Piece, StateInstance } from '../../ports.ts';
import type { ModelPlace } from '../../models/index.ts';
import type { Branches } from './branches.ts';
import type { StepContext } from './step-context.ts';

/** Pieces of one slot as they were committed. */
export type StoredPieces = Iterable<{ key: Uint8Array | string; value: Uint8Array }>;

export interface SlotIdentity {
  readonly number: number;
  /** `engine.random`, `state.origin`, `model.delay`. */
  readonly name: string;
}

export class Slot<Instance extends StateInstance<unknown> = StateInstance<unknown>> implements SlotIdentity {
  readonly number: number;
  readonly name: string;
  instance: Instance;
  /** The instance has nothing in common with what was committed: the next commit writes it whole. */
  isNew = false;
  readonly #create: () => Instance | Promise<Instance>;
  readonly #install: (handle: unknown) => void;

  constructor(
    { number, name }: SlotIdentity,
    instance: Instance,
    create: () => Instance | Promise<Instance>,
    install: (handle: unknown) => void,
  ) {
    this.number = number;
    this.name = name;
    this.instance = instance;
    this.#create = create;
    this.#install = install;
    install(instance.handle);
  }

  /** What the next commit has to write; after a replacement, everything. */
  changes(): Iterable<Piece> {
    return this.isNew ? this.instance.pieces() : this.instance.changes();
  }

  markCommitted(): void {
    this.instance.markCommitted();
    this.isNew = false;
  }

  /** Takes back what has changed since the last commit. @param pieces read only if something has */
  async undo(pieces: () => StoredPieces): Promise<void> {
    if (this.instance.changes().length === 0) return;
    const instance = await this.#create();
    instance.load(pieces());
    await this.close();
    this.put(instance);
  }

  /** Steps see `instance` from now on. */
  protected put(instance: Instance): void {
    this.instance = instance;
    this.#install(instance.handle);
  }

  /** Ends what the instance holds, if it is of a kind that holds anything. */
  async close(): Promise<void> {}
}

/** The slot of a model, which has a version and can be frozen. */
export class ModelSlot extends Slot<ModelInstance<unknown>> implements ModelPlace {
  /** Its name as declared: `delay`. */
  readonly model: string;
  readonly definition: ModelDefinition<unknown>;
  readonly #context: StepContext;
  #isStopped = false;

  constructor(
    identity: SlotIdentity & { readonly model: string },
    definition: ModelDefinition<unknown>,
    instance: ModelInstance<unknown>,
    context: StepContext,
  ) {
    super(
      identity,
      instance,
      () => definition.create(),
      (handle) => void (context.model[identity.model] = handle),
    );
    this.model = identity.model;
    this.definition = definition;
    this.#context = context;
    this.version = definition.version;
  }

  get version(): string {
    return this.#context.version[this.model]!;
  }

  set version(version: string) {
    this.#context.version[this.model] = version;
  }

  /** While it is, steps see null in place of the handle. */
  set isStopped(isStopped: boolean) {
    this.#isStopped = isStopped;
    this.#show();
  }

  /** A model that has nothing in common with what was committed takes the place. */
  install(instance: ModelInstance<unknown>, version: string): void {
    super.put(instance);
    this.#show();
    this.version = version;
    this.isNew = true;
  }

  protected override put(instance: ModelInstance<unknown>): void {
    instance.learning = this.instance.learning;
    super.put(instance);
    this.#show();
  }

  #show(): void {
    this.#context.model[this.model] = this.#isStopped ? null : this.instance.handle;
  }

  override async close(): Promise<void> {
    await this.instance.close();
  }
}

/** Creates every slot, empty. @throws what definitions throw, such as `dependency` for a missing model file */
export async function createSlots(
  pipeline: Pipeline,
  context: StepContext,
  branches: Branches | null,
): Promise<readonly Slot[]> {
  const random = (): RandomState => new RandomState(pipeline.seed);
  const slots: Slot[] = [
    new Slot({ number: 0, name: 'engine.random' }, random(), random, (handle) => {
      context.random = handle as SeededRandom;
    }),
  ];
  for (const [name, definition] of Object.entries(pipeline.state)) {
    const identity = { number: slots.length, name: `state.${name}` };
    const create = (): StateInstance<unknown> => definition.create();
    slots.push(new Slot(identity, create(), create, (handle) => void (context.state[name] = handle)));
  }
  for (const [name, definition] of Object.entries(pipeline.model)) {
    const identity = { number: slots.length, name: `model.${name}`, model: name };
    slots.push(new ModelSlot(identity, definition, await definition.create(), context));
  }
  return branches === null ? slots : [...slots, ...branches.slots(slots.length)];
}

/** Ends what models hold: threads, memory outside of the heap. */
export async function closeSlots(slots: readonly Slot[]): Promise<void> {
  for (const slot of slots) await slot.close();
}

/** The generator of `context.random` as state: one piece of 16 bytes. */
class RandomState implements StateInstance<SeededRandom> {
  readonly handle: SeededRandom;
  #committed: Uint8Array | null = null;

  constructor(seed: number) {
    this.handle = new SeededRandom(seed);
  }

  load(pieces: StoredPieces): void {
    for (const { value } of pieces) {
      const words = new DataView(value.buffer, value.byteOffset, value.length);
      for (let word = 0; word < 4; word++) this.handle.state[word] = words.getUint32(word * 4, true);
      this.#committed = this.#bytes();
    }
  }

  changes(): ReturnType<StateInstance<SeededRandom>['changes']> {
    const value = this.#bytes();
    return this.#committed !== null && Buffer.compare(value, this.#committed) === 0 ? [] : [{ key: 'random', value }];
  }

  markCommitted(): void {
    this.#committed = this.#bytes();
  }

  *pieces(): StoredPieces {
    yield { key: 'random', value: this.#bytes() };
  }

  #bytes(): Uint8Array {
    const words = new DataView(new ArrayBuffer(16));
    this.handle.state.forEach((value, word) => words.setUint32(word * 4, value, true));
    return new Uint8Array(words.buffer);
  }
}
