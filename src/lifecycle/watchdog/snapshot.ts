// A unit as plain data that can be sent to the watchdog's thread, and what the watchdog makes of it: the same reducer
// is stepped to the deadline there, so its report is the one that the unit itself would have written.
import { step } from '../core.ts';
import type { UnitState } from '../core/types.ts';
import { type LedgerSnapshot, WorkLedger } from '../core/work.ts';
import { buildReport, type Report, type UnitIdentity } from '../report.ts';
import { SharedAccount } from './shared-account.ts';

export interface UnitSnapshot {
  readonly state: Omit<UnitState, 'work'>;
  readonly ledger: LedgerSnapshot;
  /** Counts as they are now, in the memory of a SharedAccount. */
  readonly account: SharedArrayBuffer;
  readonly identity: UnitIdentity;
  readonly workOf: string;
  readonly wallAtZeroMs: number;
  /** Nested units that are not over. */
  readonly parts: readonly UnitSnapshot[];
  /** Reports of those that are. */
  readonly reports: readonly Report[];
}

export function snapshotState(state: UnitState): Pick<UnitSnapshot, 'state' | 'ledger'> {
  const { work, ...rest } = state;
  return { state: rest, ledger: work.snapshot() };
}

/** Ends a state here and now: whatever is open is cut, as by the deadline. */
export function endNow(state: UnitState, atMs: number): UnitState {
  if (state.phase === 'ended') return state;
  const asked = { type: 'stopRequested', cause: { kind: 'deadline' }, deadlineMs: 0, mode: 'suspend', atMs } as const;
  return step(step(state, asked).state, { type: 'tick', atMs }).state;
}

/** The report of a unit whose time is up, built from what was known of it last and from its shared counts. */
export function reportOfCut(snapshot: UnitSnapshot, atMs: number): Report {
  const parts = [...snapshot.reports, ...snapshot.parts.map((part) => reportOfCut(part, atMs))];
  const { identity, workOf, wallAtZeroMs } = snapshot;
  const state = endNow({ ...snapshot.state, work: reviveLedger(snapshot) }, atMs);
  return buildReport(state, { identity, workOf, wallAtZeroMs, parts });
}

/** Ids are as old as the snapshot: they count as names of what is in flight only if their number still fits. */
function reviveLedger(snapshot: UnitSnapshot): WorkLedger {
  const { ledger } = snapshot;
  const { counts, inFlight } = new SharedAccount(snapshot.account).read();
  const same = inFlight === ledger.inFlightIds.length + ledger.inFlightAnonymous;
  const inFlightIds = same ? ledger.inFlightIds : [];
  const inFlightAnonymous = same ? ledger.inFlightAnonymous : inFlight;
  return WorkLedger.revive({ counts, lostIds: ledger.lostIds, inFlightIds, inFlightAnonymous });
}
