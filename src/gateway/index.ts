// The gateway: model traffic that moves, drains and rolls back without a dropped request.
export type {
  Answer,
  AttemptEnd,
  AttemptLimits,
  AttemptWatcher,
  Close,
  Decision,
  Director,
  FailedAttempt,
  Failure,
  Forward,
  HeaderChanges,
  Hold,
  OpenCounts,
  Outcome,
  PlaneRequest,
  Upstream,
  UpstreamAddress,
} from './planes/ports.ts';
export { NodePlane, type NodePlaneOptions } from './planes/node/plane.ts';
export { listen, type ListenAddress, parseListen, portOf } from './planes/node/listen.ts';
export type { PlaneOptions } from './planes/node/options.ts';
export type { GatewayOptions, RunningGateway } from './gateway.ts';
export { loadAnalysis, loadConfig, startGateway } from './when-used.ts';
