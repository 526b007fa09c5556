// The server: scheduler, keys and events over HTTP, and the client of it.
export { ApiClient, localAdminKey, type LogPiece } from './client.ts';
export type { KeyView, Role } from './keys.ts';
export { DEFAULT_PORT, startServer, type RunningServer, type ServeOptions } from './serve.ts';
export type { WireJob } from './schemas.ts';
