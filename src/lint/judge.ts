// Rules over the world → findings: sorted, each place once per rule, without those that a comment ignores or the baseline
// knows. What was asked of people is kept apart.
import type { Collected } from './collect.ts';
import type { Finding, Found, Question, Severity } from './finding.ts';
import { SEVERITIES } from './finding.ts';
import { questions } from './questions.ts';
import type { Rule } from './rule.ts';
import { isIgnored } from './source/comments.ts';
import type { Source } from './source/source.ts';

export interface Judgement {
  readonly findings: readonly Finding[];
  /** Ignored by a comment with a reason. */
  readonly ignored: number;
  readonly questions: readonly Question[];
}

/** Comments that were meant for the linter and do not count are findings too: a silent one would hide a mistake. */
const COMMENT_RULE = { id: 'ignore-without-reason', severity: 'error' } as const;
/** A file that is wrong all over says so often enough with these. */
const PER_RULE_AND_FILE_MAX = 500;

export function judge(collected: Collected, rules: readonly Rule[], least: Severity): Judgement {
  const findings: Finding[] = [];
  let ignored = 0;
  const seen = new Map<Source, Set<string>>();
  const add = (rule: { id: string; severity: Severity }, found: Found) => {
    const { source, start } = found.at;
    const known = seen.get(source) ?? new Set();
    seen.set(source, known);
    const key = `${rule.id}@${start}`;
    if (known.has(key) || known.size > PER_RULE_AND_FILE_MAX * rules.length) return;
    known.add(key);
    const told = collected.told.get(source.path);
    if (told && isIgnored(told, source, rule.id, source.position(start).line)) ignored += 1;
    else findings.push({ ...found, rule: rule.id, severity: rule.severity });
  };
  for (const rule of rules) {
    if (isBelow(rule.severity, least)) continue;
    rule.check(collected.world, (found) => add(rule, found));
  }
  for (const { wrong } of collected.told.values()) for (const found of wrong) add(COMMENT_RULE, found);
  return { findings: findings.sort(byPlace), ignored, questions: questions(collected.world) };
}

function isBelow(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(least);
}

function byPlace(a: Finding, b: Finding): number {
  if (a.at.source !== b.at.source) return a.at.source.path < b.at.source.path ? -1 : 1;
  return a.at.start - b.at.start || (a.rule < b.rule ? -1 : 1);
}
