// A unit as plain data: sent to the watchdog's thread, and kept on disk while the unit runs. The watchdog steps the same
// reducer to the deadline, so its report is the one that the unit itself would have written.
import { step } from '../core.ts';
import type { UnitState } from '../core/types.ts';
import { type LedgerSnapshot, WorkLedger } from '../core/work.ts';
import { buildReport, type Report, type UnitIdentity } from '../report.ts';
import { SharedAccount } from './shared-account.ts';

/** A unit as it was at one moment, as JSON. */
export interface RecordedUnit {
  readonly state: Omit<UnitState, 'work'>;
  readonly ledger: LedgerSnapshot;
  readonly identity: UnitIdentity;
  readonly workOf: string;
  readonly wallAtZeroMs: number;
  /** Nested units that are not over. */
  readonly parts: readonly RecordedUnit[];
  /** Reports of those that are. */
  readonly reports: readonly Report[];
}

/** The same with the memory in which its counts stay up to date. */
export interface UnitSnapshot extends RecordedUnit {
  readonly account: SharedArrayBuffer;
  readonly parts: readonly UnitSnapshot[];
}

export function snapshotState(state: UnitState): Pick<RecordedUnit, 'state' | 'ledger'> {
  const { work, ...rest } = state;
  return { state: rest, ledger: work.snapshot() };
}

/** The snapshot with the counts of now. Ids are as old as the snapshot: they are kept only if their number still fits. */
export function refresh({ account, ...snapshot }: UnitSnapshot): RecordedUnit {
  const { counts, inFlight } = new SharedAccount(account).read();
  const { lostIds, inFlightIds, inFlightAnonymous } = snapshot.ledger;
  const same = inFlight === inFlightIds.length + inFlightAnonymous;
  const flying = same ? { inFlightIds, inFlightAnonymous } : { inFlightIds: [], inFlightAnonymous: inFlight };
  return { ...snapshot, ledger: { counts, lostIds, ...flying }, parts: snapshot.parts.map(refresh) };
}

/** The report of a unit whose time is up: whatever is open is cut, as by the deadline. */
export function reportOfCut(recorded: RecordedUnit, atMs: number): Report {
  const parts = [...recorded.reports, ...recorded.parts.map((part) => reportOfCut(part, atMs))];
  const { identity, workOf, wallAtZeroMs } = recorded;
  const state = cut({ ...recorded.state, work: WorkLedger.revive(recorded.ledger) }, atMs);
  return buildReport(state, { identity, workOf, wallAtZeroMs, parts });
}

function cut(state: UnitState, atMs: number): UnitState {
  if (state.phase === 'ended') return state;
  const asked = { type: 'stopRequested', cause: { kind: 'deadline' }, deadlineMs: 0, mode: 'suspend', atMs } as const;
  return step(step(state, asked).state, { type: 'tick', atMs }).state;
}
