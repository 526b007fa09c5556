// What the watchdog does when time is up: the same reducer is stepped to the deadline, so the report is the one that the
// unit itself would have written. Loaded once an ending takes longer than a moment; most never need it.
import { step } from '../core.ts';
import { decideExit, decideOutcome } from '../core/outcome.ts';
import type { UnitState } from '../core/types.ts';
import { WorkLedger } from '../core/work.ts';
import { buildReport, type Report } from '../report.ts';
import { writeReportSync, writeTerminationLog } from '../report-file.ts';
import { removeRunningRecord } from '../running-record.ts';
import { logLine } from './log-line.ts';
import type { WatchedUnit } from './messages.ts';
import type { RecordedUnit } from './snapshot.ts';

/** Durable first, then for whoever watches. @param atMs by the unit's clock */
export function reportCutUnit(unit: WatchedUnit, recorded: RecordedUnit, atMs: number): void {
  const report = reportOfCut(recorded, atMs);
  if (unit.stateDir !== null) {
    writeReportSync(unit.stateDir, report);
    removeRunningRecord(unit.stateDir, unit.instance);
  }
  if (unit.terminationLog !== null) writeTerminationLog(unit.terminationLog, report);
  const { outcome, exitCode } = report;
  if (unit.logs) logLine('ended', report.unit, { outcome, exitCode, by: 'watchdog', report });
}

/** The report of a unit whose time is up: whatever is open is cut, as by the deadline. */
export function reportOfCut(recorded: RecordedUnit, atMs: number): Report {
  const parts = [...recorded.reports, ...recorded.parts.map((part) => reportOfCut(part, atMs))];
  const { identity, workOf, wallAtZeroMs } = recorded;
  const state = cut({ ...recorded.state, work: WorkLedger.revive(recorded.ledger) }, atMs);
  return buildReport(state, { identity, workOf, wallAtZeroMs, parts });
}

function cut(state: UnitState, atMs: number): UnitState {
  if (state.phase === 'ended') return overtaken(state, atMs);
  const asked = { type: 'stopRequested', cause: { kind: 'deadline' }, deadlineMs: 0, mode: 'suspend', atMs } as const;
  // Whatever was left to do, even if that was nothing any more: its process is about to be killed.
  const killed = { ...state, conditions: [...state.conditions, 'killed'] } as const;
  return step(step(killed, asked).state, { type: 'tick', atMs }).state;
}

/** Its state came to its end, and the process did not: what its end tells whoever waits for it still runs. */
function overtaken(state: UnitState, atMs: number): UnitState {
  const killed = { ...state, conditions: [...state.conditions, 'killed'] } as const;
  const exit = decideExit(killed.conditions, killed.workEnd);
  return { ...killed, outcome: { outcome: decideOutcome(killed, killed.ending!), ...exit, endedAtMs: atMs } };
}
