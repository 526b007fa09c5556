// The command's options as they arrive: undefined where they were not given.
import type { Severity } from '../../lint/index.ts';

export interface LintOptions {
  readonly format: 'people' | 'sarif' | 'github' | 'junit' | undefined;
  readonly severity: Severity | undefined;
  readonly rule: string | undefined;
  readonly explain: string | undefined;
  readonly fix: boolean;
  readonly diff: boolean;
  readonly longestRequest: number | undefined;
  readonly fromDrill: string | undefined;
  readonly ask: boolean;
  readonly baseline: string | undefined;
  readonly writeBaseline: string | undefined;
  readonly render: boolean;
}
