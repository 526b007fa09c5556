// Makes a failing drill smaller: leaves out one thing after the other, as long as the same reason still comes up.
import type { Plan } from './plan.ts';
import { runTrial } from './trial/trial.ts';
import type { FindingCode } from './verdict/core/findings.ts';
import { judge } from './verdict/core/judge.ts';

const RUNS_MAX = 8;
const RATE_MIN = 5;
const AFTER_MS_MIN = 500;

type Step = (plan: Plan) => Plan | null;

const withoutFaults: Step = (plan) =>
  plan.faults.names.length === 0
    ? null
    : {
        ...plan,
        faults: { ...plan.faults, names: [] },
        words: without(plan.words, '--fault', '--fault-lead', '--fault-for'),
      };

const withoutSecondSignal: Step = (plan) =>
  plan.ending.second === null
    ? null
    : {
        ...plan,
        ending: { ...plan.ending, second: null },
        words: without(plan.words, '--second-signal', '--second-after'),
      };

const oneKindOfClient: Step = (plan) => {
  const { clients } = plan.load;
  const first = [...clients.keys()][0];
  if (clients.size < 2 || first === undefined || plan.load.line !== null) return null;
  return {
    ...plan,
    load: { ...plan.load, clients: new Map([[first, 1]]) },
    words: withWord(plan.words, '--clients', `${first}=1`),
  };
};

const halfTheRate: Step = (plan) => {
  const rate = Math.floor(plan.load.rate / 2);
  if (rate < RATE_MIN) return null;
  return { ...plan, load: { ...plan.load, rate }, words: withWord(plan.words, '--rate', String(rate)) };
};

const halfTheTime: Step = (plan) => {
  const afterMs = Math.floor(plan.ending.afterMs / 2);
  if (afterMs < AFTER_MS_MIN) return null;
  return { ...plan, ending: { ...plan.ending, afterMs }, words: withWord(plan.words, '--after', `${afterMs}ms`) };
};

const STEPS: readonly Step[] = [
  withoutFaults,
  withoutSecondSignal,
  oneKindOfClient,
  halfTheRate,
  halfTheRate,
  halfTheTime,
];

export async function minimise(
  plan: Plan,
  seed: number,
  code: FindingCode,
  abort: AbortSignal,
  progress: (text: string) => void,
): Promise<Plan> {
  let smallest = plan;
  let runs = 0;
  for (const step of STEPS) {
    const smaller = step(smallest);
    if (smaller === null || runs === RUNS_MAX || abort.aborted) continue;
    runs += 1;
    progress(`looking for a smaller drill that fails: ${runs} of at most ${RUNS_MAX}`);
    const { observation } = await runTrial(smaller, seed, abort);
    if (judge(observation, smaller.expectations).findings.some((it) => it.code === code)) smallest = smaller;
  }
  return smallest;
}

function without(words: readonly string[], ...options: readonly string[]): string[] {
  return words.filter((word, index) => !options.includes(word) && !options.includes(words[index - 1] ?? ''));
}

function withWord(words: readonly string[], option: string, value: string): string[] {
  return [...without(words, option), option, value];
}
