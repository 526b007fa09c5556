// The metric families that the lifecycle itself owns (contracts.md, "Metrics"). metrics-text.ts shows them.
import { STAGES, type StageRecord } from './core/types.ts';
import type { MetricFamily } from './types.ts';
import type { UnitStatus } from './view.ts';

const PHASES = ['starting', 'ready', 'stopping', 'ended'] as const;

/**
 * What the lifecycle tells of one unit (contracts.md, "Metrics"); parts are asked for themselves. The time that remains
 * is there only while something ends, since zero would claim that it ran out (invariant 9).
 */
export function unitMetrics(status: UnitStatus, stages: readonly StageRecord[]): readonly MetricFamily[] {
  const unit = status.unit.name;
  const { of, inFlight, finished, returned, lost, unknown } = status.work;
  const results = { finished, returned, lost, unknown };
  const remaining = status.remainingMs === null ? [] : [{ labels: { unit }, value: seconds(status.remainingMs) }];
  return [
    {
      name: 'lastcall_unit_state',
      help: 'State of the unit: 1 for the state that it is in.',
      type: 'gauge',
      samples: PHASES.map((state) => ({ labels: { unit, state }, value: status.phase === state ? 1 : 0 })),
    },
    {
      name: 'lastcall_stage_seconds',
      help: `How long each stage of the ending took: ${STAGES.join(', ')}.`,
      type: 'gauge',
      samples: stages.map((stage) => ({
        labels: { unit, stage: stage.name, result: stage.result },
        value: seconds(stage.tookMs),
      })),
    },
    {
      name: 'lastcall_shutdown_remaining_seconds',
      help: 'Time until the deadline of the ending; absent while nothing ends.',
      type: 'gauge',
      samples: remaining,
    },
    {
      name: 'lastcall_work_total',
      help: 'Accepted work by what became of it; what is in flight comes on top.',
      type: 'counter',
      samples: Object.entries(results).map(([result, value]) => ({ labels: { unit, of, result }, value })),
    },
    {
      name: 'lastcall_in_flight',
      help: 'Accepted work that is neither finished nor given up yet.',
      type: 'gauge',
      samples: [{ labels: { unit }, value: inFlight }],
    },
  ];
}

function seconds(ms: number): number {
  return ms / 1_000;
}
