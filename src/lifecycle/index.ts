// `import 'lastcall'`: units that end in an orderly way. What is here is public, and kept stable.
/// <reference types="node" preserve="true" />
export { LastcallError, type ErrorCode } from '../base/errors.ts';
export type { DurationInput } from '../base/duration.ts';
export type { LifecycleEvent } from './core/events.ts';
export type {
  AnnounceRule,
  Cause,
  CauseKind,
  CheckpointRecord,
  Outcome,
  Phase,
  ReleaseRecord,
  SignalName,
  StageName,
  StageRecord,
  StopMode,
} from './core/types.ts';
export { drainHttp, type DrainHttpOptions, type HttpServer, type OpenExchange } from './http/index.ts';
export { flushPino } from './log-pino.ts';
export type { Report, UnitIdentity } from './report.ts';
export type {
  ControlHandler,
  ControlRequest,
  HookContext,
  HookFunction,
  HookOptions,
  MetricFamily,
  Participant,
  PartOptions,
  ReportedHook,
  StopRequest,
  Unit,
  UnitExtension,
  UnitOptions,
  Work,
} from './types.ts';
export { unit } from './unit.ts';
export type { Readiness } from './view.ts';
