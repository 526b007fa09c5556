// The online learner as a model of a pipeline: a handle for the step, an instance for the engine. The state is the
// learner's parameters in blocks; what a swap brings in replaces them.
import { LastcallError } from '../../../base/errors.ts';
import type { ModelDefinition, ModelInstance } from '../../ports.ts';
import { hashPieces } from '../../state/pieces.ts';
import { readModelFile, type ExportableModel } from '../model-file.ts';
import { checkFinite, checkGolden, makeGolden, readGolden, type Golden } from './golden.ts';
import { LogisticLearner } from './learner.ts';
import { logisticSignature, resolveLogistic, type LogisticRules, type OnlineLogisticOptions } from './options.ts';
import { RowBuilder, type FeatureRow } from './row.ts';
import { checkSignature } from './signature.ts';

/** Predicts and learns one record at a time; the bits of all of it depend on the order of records alone. */
export interface OnlineLogistic<Categories extends string, Numbers extends string> {
  /** Begins a record: assign every declared feature to what this returns. It is one object, reused. */
  row(): FeatureRow<Categories, Numbers>;
  /** The probability that `y` is 1, strictly between 0 and 1, for the row. @throws LastcallError `failed` if it is incomplete */
  predict(): number;
  /** One step of learning from the row. @param y 0 … 1 @throws LastcallError `failed` for another `y`, or an incomplete row */
  learn(y: number): void;
  /** `predict` before `learn` in one pass, as prequential evaluation wants it: the same bits for less time. */
  predictThenLearn(y: number): number;
  /** Records learnt. */
  readonly examples: number;
}

/** The model as an engine, or a program that trains one, sees it; `exportModel` writes it into a file. */
export interface LogisticModel<Categories extends string, Numbers extends string>
  extends ModelInstance<OnlineLogistic<Categories, Numbers>>, ExportableModel {}

export interface LogisticDefinition<Categories extends string, Numbers extends string> extends ModelDefinition<
  OnlineLogistic<Categories, Numbers>
> {
  create(): LogisticModel<Categories, Numbers>;
  load(path: string, version: string): Promise<LogisticModel<Categories, Numbers>>;
}

/**
 * Logistic regression that learns from each record: hashed categories, normalised numbers, AdaGrad.
 * @throws LastcallError `usage` that names the option
 */
export function onlineLogistic<const Categories extends string = never, const Numbers extends string = never>(
  options: OnlineLogisticOptions<Categories, Numbers>,
): LogisticDefinition<Categories, Numbers> {
  const rules = resolveLogistic(options);
  const signature = logisticSignature(rules);
  return {
    kind: 'online-logistic',
    schema: signature,
    signature,
    version: '1',
    create: () => new LogisticInstance<Categories, Numbers>(rules),
    async load(path) {
      const { header, pieces } = await readModelFile(path);
      checkSignature(header.signature, signature, path);
      const golden = { batch: readGolden(header.golden, path), path };
      const model = new LogisticInstance<Categories, Numbers>(rules, golden);
      model.load(pieces);
      return model;
    },
  };
}

class LogisticInstance<Categories extends string, Numbers extends string> implements LogisticModel<
  Categories,
  Numbers
> {
  learning = true;
  readonly handle: OnlineLogistic<Categories, Numbers>;
  readonly #rules: LogisticRules;
  readonly #learner: LogisticLearner;
  readonly #golden: { readonly batch: Golden; readonly path: string } | null;

  /** @param golden of the file that the model is loaded from */
  constructor(rules: LogisticRules, golden: { readonly batch: Golden; readonly path: string } | null = null) {
    this.#rules = rules;
    this.#golden = golden;
    const { categories, numbers, features, learningRate, l2, seed } = rules;
    const counts = { features, categories: categories.length, numbers: numbers.length };
    this.#learner = new LogisticLearner({ ...counts, learningRate, l2 });
    const builder = new RowBuilder(categories as Categories[], numbers as Numbers[], features, seed);
    this.handle = new LogisticHandle(this, this.#learner, builder);
  }

  load(pieces: Iterable<{ key: Uint8Array | string; value: Uint8Array }>): void {
    this.#learner.load(pieces);
  }

  changes(): ReturnType<LogisticLearner['changes']> {
    return this.#learner.changes();
  }

  markCommitted(): void {
    this.#learner.markCommitted();
  }

  pieces(): ReturnType<LogisticLearner['pieces']> {
    return this.#learner.pieces();
  }

  hash(): string {
    return hashPieces(JSON.stringify(logisticSignature(this.#rules)), this.pieces());
  }

  async verify(): Promise<void> {
    checkFinite(this.#learner, this.#rules, 'the model');
    // The batch speaks of the model as it was exported, before it learns on.
    if (this.#golden === null || this.#golden.batch.examples !== this.#learner.examples) return;
    checkGolden(this.#golden.batch, this.#learner, this.#rules, this.#golden.path);
  }

  exported(): ReturnType<ExportableModel['exported']> {
    const signature = logisticSignature(this.#rules);
    return { header: { signature, golden: makeGolden(this.#learner, this.#rules) }, pieces: this.pieces() };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class LogisticHandle<Categories extends string, Numbers extends string> implements OnlineLogistic<Categories, Numbers> {
  readonly #instance: { readonly learning: boolean };
  readonly #learner: LogisticLearner;
  readonly #builder: RowBuilder<Categories, Numbers>;

  constructor(
    instance: { readonly learning: boolean },
    learner: LogisticLearner,
    builder: RowBuilder<Categories, Numbers>,
  ) {
    this.#instance = instance;
    this.#learner = learner;
    this.#builder = builder;
  }

  get examples(): number {
    return this.#learner.examples;
  }

  row(): FeatureRow<Categories, Numbers> {
    this.#builder.begin();
    return this.#builder.row;
  }

  predict(): number {
    const builder = this.#builder;
    builder.requireComplete();
    return this.#learner.predict(builder.categories, builder.numbers);
  }

  learn(y: number): void {
    this.predictThenLearn(y);
  }

  predictThenLearn(y: number): number {
    if (!(y >= 0 && y <= 1)) throw notALabel(y);
    const builder = this.#builder;
    builder.requireComplete();
    if (!this.#instance.learning) return this.#learner.predict(builder.categories, builder.numbers);
    return this.#learner.learn(builder.categories, builder.numbers, y);
  }
}

function notALabel(y: number): LastcallError {
  return new LastcallError('failed', {
    what: `${String(y)} is not a label`,
    on: 'y',
    todo: 'Give 1 for yes, 0 for no, or a probability between them.',
  });
}
