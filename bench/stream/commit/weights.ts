// A large array of weights of which every epoch changes one block in a hundred: how long the engine's commit takes, against
// writing the same blocks in place into a plain file and one fsync. Both in turn, on the same disk, all costs included
// (checkpoints of the write-ahead log too): times are means over some commits.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SeededRandom } from '../../../src/base/random.ts';
import { fromIterable, numbers, pipeline, startPipeline, type RunningPipeline } from '../../../src/stream/index.ts';

const BLOCK_BYTES = 4_096;
const BLOCK_NUMBERS = BLOCK_BYTES / 8;
const SHARE = 0.01;

/** Numbers of the blocks that one record changes, or `all`. */
type Change = readonly number[] | 'all';

export interface WeightsRound {
  /** Milliseconds of one commit of the engine, and of one plain write, on average. */
  readonly commitMs: number;
  readonly writeMs: number;
}

export class Weights implements AsyncDisposable {
  readonly blocks: number;
  readonly #random = new SeededRandom(1);
  readonly #queue: Change[] = [];
  #wake: () => void = () => {};
  #running!: RunningPipeline;
  #file!: number;

  private constructor(bytes: number) {
    this.blocks = bytes / BLOCK_BYTES;
  }

  /** @param folder on the disk that is measured */
  static async create(bytes: number, folder: string): Promise<Weights> {
    const weights = new Weights(bytes);
    weights.#file = openSync(join(folder, 'plain'), 'w', 0o600);
    for (let block = 0; block < weights.blocks; block++) weights.#writePlainly([block]);
    fsyncSync(weights.#file);
    weights.#running = await startPipeline(weights.#pipeline(), { stateDir: folder, log: false, control: false });
    await weights.#commit('all');
    return weights;
  }

  /** @param commits of each, one after the other */
  async round(commits: number): Promise<WeightsRound> {
    let commitMs = 0;
    let writeMs = 0;
    for (let commit = 0; commit < commits; commit++) {
      const changed = Array.from({ length: Math.round(this.blocks * SHARE) }, () => this.#random.below(this.blocks));
      commitMs += await this.#commit(changed);
      const startedMs = performance.now();
      this.#writePlainly(changed);
      fsyncSync(this.#file);
      writeMs += performance.now() - startedMs;
    }
    return { commitMs: commitMs / commits, writeMs: writeMs / commits };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    closeSync(this.#file);
    await this.#running.unit.stop();
    await this.#running.ended;
  }

  #pipeline() {
    let written = 0;
    return pipeline('weights', {
      source: fromIterable('changes', () => this.#changes()),
      state: { weights: numbers({ length: this.blocks * BLOCK_NUMBERS }) },
      archive: 'never',
      // Each record is an epoch: it is due at once, and epochs do not grow while commits take longer than this.
      commit: { records: 1, every: '1ms' },
      process: (change: { readonly blocks: Change }, { state: { weights } }) => {
        written++;
        if (change.blocks === 'all') {
          for (let index = 0; index < weights.length; index++) weights.set(index, index + 1);
        } else
          for (const block of change.blocks) weights.set(block * BLOCK_NUMBERS + (written % BLOCK_NUMBERS), -written);
      },
    });
  }

  async *#changes(): AsyncGenerator<{ readonly blocks: Change }> {
    for (;;) {
      const blocks = this.#queue.shift();
      if (blocks !== undefined) yield { blocks };
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** One epoch with this change. @returns how long its commit took, as the engine tells */
  async #commit(change: Change): Promise<number> {
    const before = this.#running.progress()!.epoch;
    this.#queue.push(change);
    this.#wake();
    for (;;) {
      await nextTurn();
      const progress = this.#running.progress();
      if (progress === null) throw new Error('the pipeline of the weights failed');
      if (progress.epoch > before) return progress.commitMs;
    }
  }

  #writePlainly(blocks: readonly number[]): void {
    const bytes = new Uint8Array(BLOCK_BYTES).fill(1 + this.#random.below(255));
    for (const block of blocks) writeSync(this.#file, bytes, 0, BLOCK_BYTES, block * BLOCK_BYTES);
  }
}
