// The shutdown report `lastcall.report/1` (contracts.md), built from the state alone, so that a watchdog or a parent
// can build the same report from the last state that it was told of.
import { assert } from '../base/assert.ts';
import { rfc3339 } from '../base/clock.ts';
import type {
  BudgetSource,
  CauseKind,
  CheckpointRecord,
  Outcome,
  ReleaseRecord,
  SignalName,
  SignalRecord,
  StageRecord,
  UnitState,
} from './core/types.ts';

export interface Report {
  readonly schema: 'lastcall.report/1';
  readonly unit: UnitIdentity;
  readonly cause: {
    readonly kind: CauseKind;
    readonly signal?: SignalName;
    readonly provider?: string;
    readonly at: string;
  };
  readonly outcome: Outcome;
  readonly exitCode: number;
  readonly exitCodeFrom: 'work' | 'ending';
  readonly workExitCode: number | null;
  readonly error: string | null;
  readonly budget: {
    readonly totalMs: number;
    readonly usedMs: number;
    readonly extendedMs: number;
    readonly source: BudgetSource;
  };
  readonly stages: readonly StageRecord[];
  readonly work: {
    readonly of: string;
    readonly accepted: number;
    readonly finished: number;
    readonly returned: number;
    readonly lost: number;
    readonly unknown: number;
    readonly lostIds: readonly string[];
    /** Of the finished ones: set aside because they failed, or because the outside refused what they gave. Absent: none. */
    readonly deadLetters?: number;
  };
  readonly checkpoint: CheckpointRecord | null;
  readonly released: ReleaseRecord;
  readonly signals: readonly SignalRecord[];
  readonly parts: readonly Report[];
}

export interface UnitIdentity {
  readonly kind: string;
  readonly name: string;
  readonly instance: string;
  readonly pid: number;
  readonly host: string;
}

/** What a report says beside the state. */
export interface ReportContext {
  readonly identity: UnitIdentity;
  readonly workOf: string;
  /** Wall-clock milliseconds at monotonic 0, so that instants can be shown to people. */
  readonly wallAtZeroMs: number;
  readonly parts: readonly Report[];
}

/** @param state an ended unit's state (its `outcome` is set) */
export function buildReport(state: UnitState, context: ReportContext): Report {
  const { ending, outcome, work } = state;
  assert(ending && outcome, 'a report is built of an ended unit');
  return {
    schema: 'lastcall.report/1',
    unit: context.identity,
    cause: { ...ending.cause, at: rfc3339(context.wallAtZeroMs + ending.startedAtMs) },
    outcome: outcome.outcome,
    exitCode: outcome.exitCode,
    exitCodeFrom: outcome.exitCodeFrom,
    workExitCode: state.workEnd?.code ?? null,
    error: state.failure,
    budget: {
      totalMs: ending.totalMs,
      usedMs: Math.round(outcome.endedAtMs - ending.startedAtMs),
      extendedMs: Math.round(ending.extendedMs),
      source: ending.budgetSource,
    },
    stages: state.stages.map((stage) => ({
      ...stage,
      atMs: Math.round(stage.atMs),
      tookMs: Math.round(stage.tookMs),
      capMs: Math.round(stage.capMs),
    })),
    work: {
      of: context.workOf,
      ...work.counts,
      lostIds: work.lostIds,
      ...(state.deadLetters !== undefined && state.deadLetters > 0 && { deadLetters: state.deadLetters }),
    },
    checkpoint: state.checkpoint,
    released: state.released,
    signals: state.signals.map(({ signal, atMs }) => ({ signal, atMs: Math.round(atMs) })),
    parts: context.parts,
  };
}
