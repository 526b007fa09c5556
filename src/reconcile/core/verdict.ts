// Several witnesses, one verdict. The more careful one wins: an end that somebody knows of, then life, then proof of death.
import type { Evidence, Verdict } from './recovery.ts';

const CAREFUL: readonly Verdict[] = ['ended', 'alive', 'gone', 'unknown'];

/** @param answers of those who could be asked @param atMs for when there were none */
export function weigh(answers: readonly Evidence[], atMs: number): Evidence {
  for (const verdict of CAREFUL) {
    const found = answers.find((answer) => answer.verdict === verdict);
    if (found) return found;
  }
  return { from: 'nobody', verdict: 'unknown', detail: 'nobody could be asked about its owner', atMs };
}
