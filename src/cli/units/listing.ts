// The units of a state directory with their status, including those whose process is gone or does not answer.
import { LastcallError } from '../../base/errors.ts';
import { formatMs } from '../../base/duration.ts';
import { controlClient } from '../../lifecycle/control/client.ts';
import { findUnits } from '../../lifecycle/control/path.ts';
import type { UnitStatus } from '../../lifecycle/view.ts';
import { count, table } from '../text.ts';

/**
 * - `running`: it answered
 * - `silent`: something listens and gives no answer in time; its event loop may be blocked
 * - `dead`: it left a socket, and nobody listens there: it ended without the stages
 */
export type Life = 'running' | 'silent' | 'dead';

export interface ListedUnit {
  readonly name: string;
  readonly life: Life;
  /** null unless it is running. */
  readonly status: UnitStatus | null;
}

export async function listUnits(stateDir: string): Promise<ListedUnit[]> {
  const found = await findUnits(stateDir);
  return Promise.all(
    found.map(async ({ name, path }): Promise<ListedUnit> => {
      try {
        return { name, life: 'running', status: await controlClient(path).status() };
      } catch (error) {
        const isDead = error instanceof LastcallError && error.code === 'not_found';
        return { name, life: isDead ? 'dead' : 'silent', status: null };
      }
    }),
  );
}

export function renderListing(units: readonly ListedUnit[]): string {
  if (units.length === 0) return 'No units.';
  return table(
    [
      ['NAME', 'KIND', 'STATE', 'PID', 'UP', 'IN FLIGHT', 'FINISHED', 'CHECKPOINT'],
      ...units.map(({ name, life, status }) => [
        name,
        ...(status ? cells(status) : ['-', life, '-', '-', '-', '-', '-']),
      ]),
    ],
    [3, 5, 6],
  );
}

function cells(status: UnitStatus): string[] {
  return [
    status.unit.kind,
    stateOf(status),
    String(status.unit.pid),
    formatMs(status.upMs),
    count(status.work.inFlight),
    `${count(status.work.finished)} ${status.work.of}`,
    status.checkpoint?.id ?? '-',
  ];
}

/** `ready`, `not ready`, or `stopping: drain, 41 s left`. */
export function stateOf(status: UnitStatus): string {
  if (status.phase !== 'stopping') return status.phase === 'ready' && !status.ready ? 'not ready' : status.phase;
  const left = status.remainingMs === null ? '' : `, ${formatMs(Math.max(0, status.remainingMs))} left`;
  return `stopping${status.stage === null ? '' : `: ${status.stage}`}${left}`;
}
