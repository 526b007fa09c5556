// A unit as plain data: sent to the watchdog's thread one by one as they change, and kept on disk as a whole.
import type { UnitState } from '../core/types.ts';
import type { LedgerSnapshot } from '../core/work.ts';
import type { Report, UnitIdentity } from '../report.ts';
import { SharedAccount } from './shared-account.ts';

/** A unit with all inside it as it was at one moment, as JSON. */
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

/** One unit by itself, with the memory in which its counts stay up to date. */
export interface UnitSnapshot extends Omit<RecordedUnit, 'parts' | 'reports'> {
  readonly account: SharedArrayBuffer;
  /** Instances of its nested units, in the order of the report. */
  readonly parts: readonly string[];
  /** Once it is over. */
  readonly report: Report | null;
}

/** Units by instance. */
export type Snapshots = ReadonlyMap<string, UnitSnapshot>;

export function snapshotState(state: UnitState): Pick<RecordedUnit, 'state' | 'ledger'> {
  const { work, ...rest } = state;
  return { state: rest, ledger: work.snapshot() };
}

/** The unit with all inside it that is known, with the counts of now. */
export function recordOf(unit: UnitSnapshot, snapshots: Snapshots): RecordedUnit {
  const { state, identity, workOf, wallAtZeroMs } = unit;
  const inside = unit.parts.flatMap((part) => snapshots.get(part) ?? []);
  const parts = inside.filter((part) => part.report === null).map((part) => recordOf(part, snapshots));
  const reports = inside.flatMap((part) => part.report ?? []);
  return { state, ledger: refresh(unit), identity, workOf, wallAtZeroMs, parts, reports };
}

/** The counts of now. Ids are as old as the snapshot: they are kept only if nothing was counted since. */
function refresh({ account, ledger }: UnitSnapshot): LedgerSnapshot {
  const { counts, inFlight } = new SharedAccount(account).read();
  const then = ledger.counts;
  const same = Object.entries(counts).every(([name, count]) => then[name as keyof typeof then] === count);
  return same ? ledger : { counts, lostIds: ledger.lostIds, inFlightIds: [], inFlightAnonymous: inFlight };
}
