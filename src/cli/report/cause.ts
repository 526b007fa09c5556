// Why a unit ended, in words. The kinds of cause are few and mean more than one thing each: what came of the ending tells
// which.
import type { CauseKind, Report } from '../../lifecycle/index.ts';

const CAUSES: Readonly<Record<CauseKind, string>> = {
  signal: 'ended by',
  api: 'asked to end through its control socket or the API',
  preemption: 'preempted by',
  completed: 'came to its own end',
  crash: 'failed',
  deadline: 'ran out of time',
  lease: 'lost its client',
  dependency: 'lost a dependency',
  unknown: 'ended for an unknown reason',
};

/** The exit codes that say more than the kind of the cause. */
const CAUSES_BY_CODE: Readonly<Partial<Record<CauseKind, Readonly<Record<number, string>>>>> = {
  crash: { 106: 'refused what it was to go on with', 110: 'crashed' },
  lease: { 107: 'found that another instance owns its work' },
};

export function causeOf(report: Report): string {
  const { cause, exitCode } = report;
  // The time of such a report is that of the last record of the unit.
  if (isKnownOnlyAfterwards(report)) return `killed; last seen at ${cause.at}`;
  const words = CAUSES_BY_CODE[cause.kind]?.[exitCode] ?? CAUSES[cause.kind] ?? cause.kind;
  return `${[words, cause.signal ?? cause.provider].filter(Boolean).join(' ')} at ${cause.at}`;
}

/** Whether somebody else wrote the report of a unit that was killed: how long its ending took is not known then. */
export function isKnownOnlyAfterwards({ cause, outcome }: Report): boolean {
  return outcome === 'killed' && cause.kind === 'crash';
}
