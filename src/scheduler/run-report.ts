// The shutdown report of one run (contracts.md, "Shutdown report"), built from the unit that the core kept of it.
import { hostname } from 'node:os';
import { buildReport, type Report } from '../lifecycle/report.ts';
import type { SchedulerEffect } from './core/events.ts';

export type ReportEffect = SchedulerEffect & { readonly type: 'report' };

/** @param wallAtZeroMs wall clock at scheduler time 0 */
export function runReport({ run, job, unit }: ReportEffect, wallAtZeroMs: number): Report {
  const report = buildReport(unit, {
    identity: { kind: 'job', name: job.spec.name, instance: `${job.id}/${run.attempt}`, pid: 0, host: hostname() },
    workOf: 'jobs',
    wallAtZeroMs,
    parts: [],
  });
  const gpus = run.members.flatMap((member) => member.gpus);
  const ports = run.members.flatMap((member) => Object.values(member.ports));
  return { ...report, released: { ...report.released, gpus, ports } };
}
