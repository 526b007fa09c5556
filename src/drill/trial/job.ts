// Targets that serve nobody: jobs and streams. Their load is the work that they are given, their answers are the lines of
// their ledger; how far they are is how many of the expected ids are in it.
import type { Plan } from '../plan.ts';
import { fillIn, type Place } from '../target/place.ts';
import type { Target } from '../target/target.ts';
import { readLedger, wordsIn } from '../watch/ledger.ts';

export interface JobProgress {
  readonly done: number;
  readonly expected: number;
}

const LOOK_MS = 50;

/** Nothing is sent to it, and ids are expected of it. */
export function isJob({ load, expectedIds }: Plan): boolean {
  return load.rate === 0 && load.sse === null && load.ws === null && expectedIds.length > 0;
}

export function progressOf({ ledger, expectedIds }: Plan, place: Place): JobProgress {
  const words = new Set(readLedger(fillIn(ledger!, place.values)).flatMap(wordsIn));
  return { done: expectedIds.filter((id) => words.has(id)).length, expected: expectedIds.length };
}

/** Settles when all is done, when the job ends, or when it has had as long as an ending may take. */
export async function finishes(target: Target, plan: Plan, place: Place): Promise<void> {
  const endAtMs = performance.now() + plan.expectations.deadlineMs;
  while (target.end === null && performance.now() < endAtMs) {
    const { done, expected } = progressOf(plan, place);
    if (done === expected) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
