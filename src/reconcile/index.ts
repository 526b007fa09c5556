// Reconcile: work that began and never ended, found in task logs; its resources released, and what may be done again done again.
export { readMap, type FieldMap } from './read-line.ts';
export type { Finding } from './findings.ts';
export type { IntakeCounts } from './intake.ts';
export { startReconcile, type ReconcileOptions, type ReconcileResult, type RunningReconcile } from './run.ts';
