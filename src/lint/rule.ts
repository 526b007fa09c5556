// What a rule is: one file each in rules/, one line in rules/table.ts. Its examples are tested: the bad one must give this
// finding, the good one none at all.
import type { Found, Severity } from './finding.ts';
import type { World } from './world.ts';

/** Files by path. */
export type Example = Readonly<Record<string, string>>;

export interface Rule {
  /** Stable, in the words of its platform: `grace-sum`. */
  readonly id: string;
  readonly severity: Severity;
  /** What is wrong, one line without a full stop. */
  readonly title: string;
  /** Why it matters, a few sentences. */
  readonly why: string;
  /** Where the behaviour is documented. */
  readonly source: string;
  readonly bad: Example;
  readonly good: Example;
  check(world: World, report: (found: Found) => void): void;
}

export function defineRule(rule: Rule): Rule {
  return rule;
}
