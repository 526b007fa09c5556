// Whether the drill judges rightly: every known mistake is found in every run, and nobody who makes none is accused.
import type { Plan } from '../plan.ts';
import { runTrial } from '../trial/trial.ts';
import { type Judgement, judge } from '../verdict/core/judge.ts';
import { CORRECT, MISTAKES, planOfCorrect, planOfMistake } from './mistakes.ts';

export interface ProofOptions {
  /** Runs of each mistake. */
  readonly each: number;
  /** Runs of correct services, all together. */
  readonly correct: number;
  readonly seed: number;
  /** Trials at once. */
  readonly places: number;
  /** Only what has this in its name; empty: all. */
  readonly named: string;
  readonly progress: (text: string) => void;
}

export interface Tally {
  readonly name: string;
  readonly runs: number;
  /** Of a mistake: found. Of a correct service: not accused. */
  readonly right: number;
  /** Runs that showed nothing on this machine, and were done again. */
  readonly void: number;
  /** What was said where it was wrong. */
  readonly wrong: readonly string[];
}

export interface Proof {
  readonly mistakes: readonly Tally[];
  readonly correct: readonly Tally[];
  readonly ok: boolean;
}

/** A run that showed nothing is done again, so often at most. */
const ATTEMPTS_MAX = 5;

interface Job {
  readonly name: string;
  readonly plan: Plan;
  readonly seed: number;
  readonly isRight: (judgement: Judgement) => boolean;
}

export async function prove(options: ProofOptions): Promise<Proof> {
  const chosen = <T extends { readonly name: string }>(all: readonly T[]): readonly T[] =>
    all.filter((it) => it.name.includes(options.named));
  const mistakes = chosen(MISTAKES).flatMap((mistake) =>
    Array.from({ length: options.each }, (_, index): Job => ({
      name: mistake.name,
      plan: planOfMistake(mistake),
      seed: options.seed + index,
      isRight: (judgement) => judgement.findings.some((it) => mistake.reasons.includes(it.code)),
    })),
  );
  const innocents = chosen(CORRECT);
  const correct = Array.from({ length: innocents.length === 0 ? 0 : options.correct }, (_, index): Job => ({
    name: innocents[index % innocents.length]!.name,
    plan: planOfCorrect(innocents[index % innocents.length]!),
    seed: options.seed + index,
    isRight: (judgement) =>
      judgement.verdict === 'clean' && judgement.findings.every((it) => it.code === 'killed-by-signal'),
  }));
  const found = await runAll(mistakes, options, 'mistakes');
  const accused = await runAll(correct, options, 'correct services');
  return { mistakes: found, correct: accused, ok: [...found, ...accused].every((it) => it.right === it.runs) };
}

async function runAll(jobs: readonly Job[], { places, progress }: ProofOptions, of: string): Promise<Tally[]> {
  const queue = [...jobs];
  const results: { readonly name: string; readonly right: boolean; readonly void: number; readonly said: string }[] =
    [];
  const work = async (): Promise<void> => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      results.push({ name: job.name, ...(await runOne(job)) });
      progress(`${of}: ${results.length} of ${jobs.length}`);
    }
  };
  await Promise.all(Array.from({ length: places }, work));
  const byName = Map.groupBy(results, (it) => it.name);
  return [...new Set(jobs.map((job) => job.name))].map((name) => {
    const of = byName.get(name) ?? [];
    return {
      name,
      runs: of.length,
      right: of.filter((it) => it.right).length,
      void: of.reduce((sum, it) => sum + it.void, 0),
      wrong: of.filter((it) => !it.right).map((it) => it.said),
    };
  });
}

async function runOne(job: Job): Promise<{ right: boolean; void: number; said: string }> {
  let said = '';
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const { observation } = await runTrial(job.plan, job.seed, new AbortController().signal);
    const judgement = judge(observation, job.plan.expectations);
    said = `seed ${job.seed}: ${judgement.verdict} ${judgement.invalid?.what ?? ''}${judgement.findings.map((it) => `${it.code} (${it.what})`).join('; ')}`;
    if (judgement.verdict !== 'invalid') return { right: job.isRight(judgement), void: attempt, said };
  }
  return { right: false, void: ATTEMPTS_MAX, said };
}
