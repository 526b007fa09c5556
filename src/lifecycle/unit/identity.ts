// Who a unit is: its name, and an instance id that is new at every start.
import { hostname } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import { newId } from '../../base/id.ts';
import type { UnitIdentity } from '../report.ts';

export function identify(kind: string, name: string, clock: Clock): UnitIdentity {
  return { kind, name, instance: newId('unit', clock.wallMs()), pid: process.pid, host: hostname() };
}
