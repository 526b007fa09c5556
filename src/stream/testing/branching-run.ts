// The branching pipeline at work without a unit around it, on a source that grows as a test says.
import type { TestContext } from 'node:test';
import type { OpenPipeline } from '../engines/embedded/open.ts';
import { arraySource } from '../testdata/array-source.ts';
import type { ArraySource } from '../testdata/array-source.ts';
import { branching, items } from './branching.ts';
import type { BranchingGiven, Item } from './branching.ts';
import { branchesLeft } from './branching-left.ts';
import type { BranchesLeft } from './branching-left.ts';
import { committed, open, runToEnd, temporaryDirectory } from './engine.ts';

export const ids = (from: number, to: number): number[] => items(from, to).map(({ id }) => id);
export const notFifths = (from: number, to: number): number[] => ids(from, to).filter((id) => id % 5 !== 0);

/** What is left where nothing was ever stopped. */
export async function undisturbed(t: TestContext, to: number): Promise<BranchesLeft> {
  const directory = await temporaryDirectory(t);
  await runToEnd(branching(arraySource([items(0, to)])), directory);
  return branchesLeft(directory);
}

export interface Run {
  readonly directory: string;
  readonly source: ArraySource<Item>;
  readonly opened: OpenPipeline;
  /** Grows the source by `records` and waits until they are committed. */
  feed(to: number): Promise<void>;
  /** Pauses it, commits, and closes it. */
  end(): Promise<void>;
}

/** @param before goes on with its directory and source */
export async function run(t: TestContext, given: BranchingGiven = {}, before?: Run): Promise<Run> {
  const directory = before?.directory ?? (await temporaryDirectory(t));
  const source = before?.source ?? arraySource<Item>([[]], { growing: true });
  const opened = await open(branching(source, { records: 7, ...given }), directory);
  const working = opened.engine.run();
  working.catch(() => {});
  return {
    directory,
    source,
    opened,
    async feed(to) {
      const from = opened.epochs.committed.row.records;
      source.grow(0, items(from, to));
      await committed(opened, to);
    },
    async end() {
      opened.engine.pause();
      await working;
      await opened.engine.commitLast('suspend', new AbortController().signal);
      await opened[Symbol.asyncDispose]();
    },
  };
}
