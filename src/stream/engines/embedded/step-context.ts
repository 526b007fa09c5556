// The context that steps get, and the origin that sinks get: one object each, both looking at the record at hand. Time
// and position are worked out only when asked for.
import { LastcallError } from '../../../base/errors.ts';
import type { SeededRandom } from '../../../base/random.ts';
import { OutsideCalls } from './outside-calls.ts';
import type { Context, Pipeline } from '../../pipeline.ts';
import type { Batch, Origin, Position } from '../../ports.ts';

/** The record at hand. */
export class Place {
  batch: Batch | null = null;
  index = 0;
  record: unknown = null;

  get partition(): number {
    return this.batch!.partition;
  }

  position(): Position {
    return this.batch!.positionAfter(this.index);
  }
}

export type Handles = Record<string, unknown>;

export class StepContext implements Context<Handles, Handles> {
  readonly state: Handles = {};
  readonly model: Handles = {};
  readonly version: Record<string, string> = {};
  random: SeededRandom;
  /** A property, since steps take it out of the context. */
  readonly call: Context['call'];
  readonly #place: Place;
  readonly #time: (record: unknown) => number;
  readonly #calls: OutsideCalls;

  constructor(pipeline: Pipeline, place: Place, random: SeededRandom) {
    this.#place = place;
    this.random = random;
    this.#calls = new OutsideCalls(pipeline.calls);
    this.call = (name, run) => this.#calls.call(name, run);
    this.#time =
      pipeline.time ??
      (() => {
        throw noTime(pipeline.name);
      });
  }

  get partition(): number {
    return this.#place.partition;
  }

  get position(): Position {
    return this.#place.position();
  }

  /** Calls under way are cancelled, and further ones refused. */
  cancelCalls(): void {
    this.#calls.cancel();
  }

  get now(): number {
    return this.#time(this.#place.record);
  }
}

export class StepOrigin implements Origin {
  ordinal = 0;
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  get partition(): number {
    return this.#place.partition;
  }

  position(): Position {
    return this.#place.position();
  }
}

function noTime(pipeline: string): LastcallError {
  return new LastcallError('usage', {
    what: 'a step asked for the time of its record',
    on: pipeline,
    todo: 'Say where the time of a record is: pipeline(…, { time: (record) => record.timestampMs }).',
  });
}
