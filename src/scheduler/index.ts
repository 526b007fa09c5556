// The scheduler for the server and the command line. What is not here is its own business.
export { FINAL_STATES, type JobSpec, type JobState, type OwnerLimits, type Rules } from './core/types.ts';
export type { DeviceChoice } from './engines/local/devices.ts';
export type { LogChoice } from './job-logs.ts';
export type { LogSlice, LogStream } from './logs.ts';
export type { SchedulerOptions } from './options.ts';
export type { CommandRequest, JobRequest } from './request.ts';
export { type CancelOptions, Scheduler, type SubmitOptions } from './scheduler.ts';
export type { EventQuery, JobQuery, Schedule, SchedulerStore, StoredEvent } from './store/port.ts';
export { openSqliteStore } from './store/sqlite.ts';
export { joinUnit, type JoinOptions } from './unit.ts';
export type { JobView, PoolView, ResourceView } from './views.ts';
export type { OnStop } from './wind.ts';
