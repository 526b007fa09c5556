// Draining HTTP servers.
export { drainHttp } from './drain.ts';
export type { DrainHttpOptions } from './drain.ts';
export type { HttpServer } from './server.ts';
export type { ExchangeKind, OpenExchange } from './tracker.ts';
