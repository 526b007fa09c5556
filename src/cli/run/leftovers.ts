// Leftovers for people.
import type { Leftover } from '../../supervise/index.ts';
import { oneLine, table } from '../text.ts';

export function renderLeftovers(found: readonly Leftover[], killed: readonly Leftover[]): string {
  if (found.length === 0) return 'nothing is left behind';
  const rows = found.map((one) => [
    String(one.pid),
    one.unit,
    stateOf(one, killed),
    one.ports.join(', ') || '-',
    one.command,
  ]);
  return table([['PROCESS', 'UNIT', 'STATE', 'PORTS', 'COMMAND'], ...rows.map((row) => row.map(oneLine))]);
}

function stateOf(one: Leftover, killed: readonly Leftover[]): string {
  if (killed.includes(one)) return 'killed';
  if (one.owner === 'unknown') return 'watcher unknown';
  return one.uninterruptible ? 'left (uninterruptible)' : 'left';
}
