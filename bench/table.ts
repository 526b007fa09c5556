// Every benchmark there is. Adding one: a file or folder beside this one, and a line here.
import { accounting } from './accounting.ts';
import { gateway } from './gateway/bench.ts';
import { importing } from './importing.ts';
import { lint } from './lint.ts';
import type { CaseResult } from './measure.ts';
import { scheduler } from './scheduler/bench.ts';
import { reconcile } from './reconcile/bench.ts';
import { shutdown } from './shutdown/bench.ts';
import { ceiling } from './stream/ceiling.ts';
import { commit } from './stream/commit/bench.ts';
import { memory } from './stream/memory.ts';
import { recovery } from './stream/recovery/bench.ts';
import { stream } from './stream/stream.ts';
import { supervise } from './supervise/bench.ts';

export interface Bench {
  /** One line for `--help`. */
  readonly about: string;
  run(options: BenchOptions): AsyncIterable<CaseResult>;
}

export interface BenchOptions {
  /** Fewer rounds and smaller inputs: seconds instead of minutes. */
  readonly quick: boolean;
}

export const BENCHES: Readonly<Record<string, Bench>> = {
  accounting,
  importing,
  shutdown,
  gateway,
  scheduler,
  lint,
  stream,
  ceiling,
  commit,
  recovery,
  memory,
  reconcile,
  supervise,
};
