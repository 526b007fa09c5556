// What can be stopped alone while the rest of a pipeline works: parts, which are branches after the step, and models that
// are declared `stoppable`. Each says what becomes of records meanwhile.
import { LastcallError } from '../base/errors.ts';
import type { Context, Outputs } from './pipeline.ts';
import type { ModelDefinition, Sink } from './ports.ts';

/** `park`: records are kept durably and worked off, in order, after the start. `pass`: they go by and do not come back. */
export type WhileStopped = 'park' | 'pass';

/** How something can be stopped alone. */
export interface StopRules {
  readonly whileStopped: WhileStopped;
  /** The pipeline stays ready (`/readyz`) while it is stopped. Default false. */
  readonly optional?: boolean;
}

/** A branch of a pipeline. */
export interface PipelinePart<Row, State, Model, Output> extends StopRules {
  /** Called for each record after the pipeline's `process`, with the same context; the same rules hold. */
  process(
    record: Readonly<Row>,
    context: Context<State, Model>,
  ): Outputs<NoInfer<Output>> | Promise<Outputs<NoInfer<Output>>>;
  /** Its own. Default: what it gives is dropped. */
  readonly sink?: Sink<Output>;
  /**
   * Models that it cannot work without: while one that parks is stopped, this part's records are parked too. In a part
   * that does not name it, the handle of a stopped model is `null`. Default: all.
   */
  readonly uses?: readonly (keyof Model & string)[];
}

/** A part, checked and without its types. */
export interface ErasedPart {
  readonly name: string;
  readonly run: (record: unknown, context: unknown) => unknown;
  /** Null: outputs are dropped. */
  readonly sink: Sink<unknown> | null;
  readonly whileStopped: WhileStopped;
  readonly optional: boolean;
  readonly uses: readonly string[];
}

/**
 * A model that can be stopped alone (`lastcall stop UNIT --scope model:NAME`). `park`: the step is not run while the model
 * is stopped. `pass`: it is run with `null` in place of the handle.
 */
export function stoppable<Handle>(
  model: ModelDefinition<Handle>,
  rules: StopRules & { readonly whileStopped: 'park' },
): ModelDefinition<Handle>;
export function stoppable<Handle>(
  model: ModelDefinition<Handle>,
  rules: StopRules & { readonly whileStopped: 'pass' },
): ModelDefinition<Handle | null>;
export function stoppable(model: ModelDefinition<unknown>, rules: StopRules): ModelDefinition<unknown> {
  return { ...model, stops: rules };
}

type GivenPart = PipelinePart<unknown, unknown, Record<string, unknown>, unknown>;

/** @throws LastcallError `usage` that names the part */
export function erasedParts(
  pipeline: { readonly name: string; readonly state: object; readonly model: object; readonly per: string },
  given: object,
  sink: Sink<unknown> | undefined,
): readonly ErasedPart[] {
  if (pipeline.per === 'batch' && Object.keys(given).length > 0) {
    throw usage(`${pipeline.name}: parts`, 'they follow the step record by record', 'Give process(record, context).');
  }
  const models = Object.keys(pipeline.model);
  const taken = [...Object.keys(pipeline.state), ...models];
  const sinks = new Set(sink === undefined ? [] : [sink.identity]);
  return Object.entries(given as Record<string, GivenPart>).map(([name, part]) => {
    const on = `${pipeline.name}: parts.${name}`;
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
      throw usage(on, 'it cannot be a name', 'Use letters, digits, ".", "_" and "-", at most 64.');
    }
    if (taken.includes(name)) {
      throw usage(on, 'a state or model has the same name', 'Give one of them another name.');
    }
    if (part.whileStopped !== 'park' && part.whileStopped !== 'pass') {
      throw usage(
        on,
        'it is not said what becomes of records while it is stopped',
        "Add whileStopped: 'park' or 'pass'.",
      );
    }
    const uses = part.uses ?? models;
    const unknown = uses.find((model) => !models.includes(model));
    if (unknown !== undefined) throw usage(on, `it uses ${unknown}, which is no model`, 'Declare the model.');
    if (part.sink !== undefined && sinks.has(part.sink.identity)) {
      throw usage(on, `its sink is ${part.sink.identity}, which has another writer`, 'Give each its own sink.');
    }
    if (part.sink !== undefined) sinks.add(part.sink.identity);
    const { whileStopped, optional = false } = part;
    const run: ErasedPart['run'] = (record, context) => part.process(record as {}, context as Context<unknown, {}>);
    return { name, run, sink: part.sink ?? null, whileStopped, optional, uses };
  });
}

function usage(on: string, what: string, todo: string): LastcallError {
  return new LastcallError('usage', { on, what, todo });
}
