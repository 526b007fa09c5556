// The units of a state directory with their status, including those whose process is gone or does not answer.
import { LastcallError } from '../../base/errors.ts';
import { formatMs } from '../../base/duration.ts';
import { controlClient } from '../../lifecycle/control/client.ts';
import { findUnits } from '../../lifecycle/control/path.ts';
import type { UnitIdentity } from '../../lifecycle/index.ts';
import type { UnitStatus } from '../../lifecycle/view.ts';
import { count, oneLine, table } from '../text.ts';
import { recordedUnits } from './records.ts';

/**
 * - `running`: it answered
 * - `silent`: its process is there and gives no answer in time; its event loop may be blocked, or it has no control socket
 * - `dead`: its process is gone, and it ended without its stages
 */
export type Life = 'running' | 'silent' | 'dead';

export interface ListedUnit {
  readonly name: string;
  readonly life: Life;
  /** null unless it is running. */
  readonly status: UnitStatus | null;
  /** Who it is or was; null if nothing but a socket tells of it. */
  readonly identity: UnitIdentity | null;
}

export async function listUnits(stateDir: string): Promise<ListedUnit[]> {
  const records = recordedUnits(stateDir);
  const withSocket = await Promise.all(
    (await findUnits(stateDir)).map(async ({ name, path }): Promise<ListedUnit> => {
      const identity = records.get(name)?.identity ?? null;
      try {
        const status = await controlClient(path).status();
        return { name, life: 'running', status, identity: status.unit };
      } catch (error) {
        const isDead = error instanceof LastcallError && error.code === 'not_found';
        return { name, life: isDead ? 'dead' : 'silent', status: null, identity };
      }
    }),
  );
  const listed = new Set(withSocket.map(({ name }) => name));
  const others = [...records].filter(([name]) => !listed.has(name));
  const withoutSocket = others.map(([name, { identity, fate }]): ListedUnit => {
    return { name, life: fate === 'gone' ? 'dead' : 'silent', status: null, identity };
  });
  return [...withSocket, ...withoutSocket].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export function renderListing(units: readonly ListedUnit[]): string {
  if (units.length === 0) return 'No units.';
  return table(
    [
      ['NAME', 'KIND', 'STATE', 'PID', 'UP', 'IN FLIGHT', 'FINISHED', 'CHECKPOINT'],
      ...units.map(({ name, life, status, identity }) => [
        oneLine(name),
        oneLine(identity?.kind ?? '-'),
        ...(status ? cells(status).map(oneLine) : [life, String(identity?.pid ?? '-'), '-', '-', '-', '-']),
      ]),
    ],
    [3, 5, 6],
  );
}

function cells(status: UnitStatus): string[] {
  return [
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
