// At any moment the watchdog may have to write the report from the last state that it was told of: it has to balance, to
// name all stages, and not to call a success what is about to be killed.
import type { Report } from '../../../lifecycle/report.ts';
import { reportOfCut } from '../../../lifecycle/watchdog/cut.ts';
import { type RecordedUnit, snapshotState } from '../../../lifecycle/watchdog/snapshot.ts';
import { STAGES } from '../../../lifecycle/core/types.ts';
import type { SimulatedUnit } from './unit.ts';

export function checkCut(unit: SimulatedUnit, atMs: number): void {
  // As it arrives in another thread, or is read from a disk.
  const recorded = JSON.parse(JSON.stringify(recordedUnit(unit))) as RecordedUnit;
  const report = reportOfCut(recorded, atMs);
  checkReport(unit, report);
  if (!unit.ended) unit.checks.require(report.exitCode !== 0, 'watchdog: what it killed is called a success');
}

function checkReport(unit: SimulatedUnit, report: Report): void {
  const { accepted, finished, returned, lost, unknown } = report.work;
  unit.checks.require(
    accepted === finished + returned + lost + unknown,
    '2: the report of the watchdog does not balance',
  );
  unit.checks.require(report.stages.length === STAGES.length, 'watchdog: a stage is missing');
  for (const part of report.parts) checkReport(unit, part);
}

function recordedUnit(unit: SimulatedUnit): RecordedUnit {
  const identity = { kind: 'unit', name: unit.label, instance: unit.label, pid: 1, host: 'simulated' };
  const parts = unit.children().map(recordedUnit);
  return { ...snapshotState(unit.state), identity, workOf: 'items', wallAtZeroMs: 0, parts, reports: [] };
}
