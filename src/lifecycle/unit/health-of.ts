// A unit's health for servers that are not its own health port: a front proxy answers for the unit on the port that
// routers know.
import { systemClock } from '../../base/clock.ts';
import { assert } from '../../base/assert.ts';
import { type HealthPaths, type HealthRoutes, healthRoutes } from '../health-routes.ts';
import type { Unit } from '../types.ts';
import { UnitNode } from './node.ts';
import { viewOf } from './view.ts';

/** @param unit as `unit()` made it */
export function healthRoutesOf(unit: Unit, paths: HealthPaths): HealthRoutes {
  assert(unit instanceof UnitNode, 'a unit that unit() did not make');
  return healthRoutes(viewOf(unit, systemClock), paths, () => []);
}
