// A whole drill: trials one after the other, the verdict on all of them, and if one failed, the smallest drill that still
// fails, with the command that replays it.
import { rfc3339, systemClock } from '../base/clock.ts';
import { minimise } from './minimise.ts';
import type { Plan } from './plan.ts';
import { type DrillReport, runReport, type RunReport } from './report/report.ts';
import { runTrial } from './trial/trial.ts';
import { type Assertion, check } from './verdict/core/expression.ts';
import { type Finding, GRADES } from './verdict/core/findings.ts';
import { type Judgement, judge } from './verdict/core/judge.ts';
import { summarise } from './verdict/core/summary.ts';

export interface DrillOptions {
  readonly plan: Plan;
  readonly seed: number;
  readonly trials: number;
  readonly assertion: Assertion | null;
  /** Looks for a smaller drill that fails as well. */
  readonly minimises: boolean;
  readonly abort: AbortSignal;
  readonly progress: (text: string) => void;
}

export async function runDrill(options: DrillOptions): Promise<DrillReport> {
  const { plan, seed, trials, abort, progress, assertion } = options;
  const judgements: Judgement[] = [];
  const runs: RunReport[] = [];
  for (let index = 0; index < trials && !abort.aborted; index++) {
    if (trials > 1) progress(`trial ${index + 1} of ${trials}`);
    const trial = await runTrial(plan, seed + index, abort);
    if (abort.aborted) break;
    const judgement = judge(trial.observation, plan.expectations);
    judgements.push(judgement);
    runs.push(runReport(trial, judgement, plan.expectations.noticeMs));
    if (judgement.invalid?.code === 'never-ready') break;
  }
  if (judgements.length === 0) throw abort.reason;
  const summary = summarise(judgements, plan.ending.when);
  const asserts = assertion === null ? [] : judgements.map((it) => check(assertion, valuesOf(it)));
  const failed = asserts.find((it) => !it.holds);
  const failing = runs.find((run) => run.verdict === 'unclean');
  const smallest =
    failing && options.minimises
      ? await minimise(plan, failing.seed, worstFinding(failing.findings), abort, progress)
      : plan;
  const { findings, invalid, measures, unmeasured, ...counts } = summary;
  return {
    schema: 'lastcall.drill/1',
    drill: 'service',
    at: rfc3339(systemClock.wallMs()),
    ...counts,
    ok: summary.verdict === 'clean' && failed === undefined,
    invalid,
    trials: judgements.length,
    seed,
    target: describeTarget(plan),
    replay: replayOf(smallest, failing?.seed ?? seed),
    findings,
    asserts: assertion === null ? [] : [failed ?? asserts[0]!],
    unmeasured,
    measures,
    runs,
  };
}

function worstFinding(findings: readonly Finding[]): Finding['code'] {
  return findings.toSorted((a, b) => GRADES.indexOf(b.grade) - GRADES.indexOf(a.grade))[0]!.code;
}

function valuesOf({ measures, findings }: Judgement): Readonly<Record<string, number | null>> {
  return { ...measures, findings: findings.length };
}

export function describeTarget({ target, url }: Plan): string {
  if (target.kind === 'command') return target.words.join(' ');
  if (target.kind === 'kubernetes') return `a pod of ${target.workload} at ${url}`;
  return target.kind === 'pid' ? `process ${target.pid} at ${url}` : `unit ${target.name} at ${url}`;
}

/** One line that a shell takes. */
function replayOf({ words }: Plan, seed: number): string {
  return ['lastcall', 'drill', ...words, '--seed', String(seed)].map(quote).join(' ');
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
