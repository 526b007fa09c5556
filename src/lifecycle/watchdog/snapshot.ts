// A unit as plain data: sent to the watchdog's thread, and kept on disk while the unit runs.
import type { UnitState } from '../core/types.ts';
import type { LedgerSnapshot } from '../core/work.ts';
import type { Report, UnitIdentity } from '../report.ts';
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
