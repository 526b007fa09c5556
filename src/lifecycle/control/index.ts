// The control socket, both sides of it.
export { controlClient, controlOf, runningUnits } from './client.ts';
export type { ControlClient, ControlEvent, FoundUnit, StopAnswer } from './client.ts';
export { childRoutes } from './child.ts';
export type { ChildCheckpoint, ChildPort, ChildProgress, ChildWork } from './child.ts';
export { startControlServer } from './server.ts';
export type { ControlServer, ControlServerOptions } from './server.ts';
