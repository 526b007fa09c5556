// A front for protocols that are not HTTP: each connection is an item of work. It is over when both sides have closed.
// While draining it is closed as soon as it is quiet after something the application said: then no exchange is under
// way, as far as that can be seen from outside. A client that never said a word has nothing under way either.
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';

import type { HookContext, Unit } from '../../lifecycle/index.ts';
import type { App } from './app.ts';

export interface TcpOptions {
  readonly name: string;
  readonly app: App;
  readonly target: NetConnectOpts;
  readonly waitMsMax: number;
  /** Names of drain hooks that wait until no connection is left. */
  readonly drainsBefore: readonly string[];
  /** Silence after the application's word that makes an exchange count as over, milliseconds. */
  readonly quietMs: number;
}

/** Connections at most. */
const CONNECTIONS_MAX = 16_384;
/** How often quiet connections are looked for. */
const LOOK_EVERY_MS = 50;

interface Link {
  readonly id: string;
  readonly client: Socket;
  app: Socket | null;
  lastWord: 'none' | 'client' | 'app';
  lastAtMs: number;
}

/** Makes the server, and its part in the ending of `unit`. */
export function tcpFront(unit: Unit, options: TcpOptions): Server {
  const links = new Set<Link>();
  let number = 0;
  let tellQuiet: (() => void) | null = null;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const id = `${options.name} connection #${++number}`;
    client.on('error', () => {});
    if (!unit.work.accept(id)) return void client.destroy();
    const link: Link = { id, client, app: null, lastWord: 'none', lastAtMs: performance.now() };
    links.add(link);
    let settled = false;
    client.once('close', () => {
      link.app?.destroy();
      if (settled) return;
      settled = true;
      links.delete(link);
      if (unit.phase === 'stopping' && link.lastWord === 'client') unit.work.lose(id);
      else unit.work.finish(id);
      if (links.size === 0) tellQuiet?.();
    });
    begin(link, options);
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.on('listening', () => unit.listening());

  unit.onIntake(options.name, () => void server.close());
  const drain = async ({ signal }: HookContext) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    tellQuiet = resolve;
    signal.addEventListener('abort', () => resolve(), { once: true });
    const look = () => closeQuiet(links, options.quietMs);
    const timer = setInterval(look, LOOK_EVERY_MS);
    look();
    if (links.size > 0 && !signal.aborted) await promise;
    clearInterval(timer);
  };
  unit.onDrain(options.name, drain, { dependsOn: options.drainsBefore });
  unit.onRelease(options.name, () => {
    for (const { client, app } of links) {
      client.destroy();
      app?.destroy();
    }
  });
  unit.extension({ status: () => ({ [options.name]: { connections: links.size } }) });
  return server;
}

function begin(link: Link, { app, target, waitMsMax }: TcpOptions): void {
  const { client } = link;
  if (app.state === 'ready') return join(link, target);
  if (waitMsMax === 0 || app.isFull) return void client.destroy();
  const timer = setTimeout(() => client.destroy(), waitMsMax);
  const withdraw = app.wait(() => join(link, target));
  const end = () => {
    clearTimeout(timer);
    withdraw();
  };
  client.once('close', end);
}

function join(link: Link, target: NetConnectOpts): void {
  const { client } = link;
  if (client.destroyed) return;
  const app = connect({ ...target, allowHalfOpen: true } as NetConnectOpts);
  link.app = app;
  const said = (who: 'client' | 'app') => () => {
    link.lastWord = who;
    link.lastAtMs = performance.now();
  };
  // An application that is lost is a lost connection to its client, never an orderly end.
  app.on('error', () => client.resetAndDestroy());
  app.once('close', () => client.end());
  client.once('error', () => app.destroy());
  client.on('data', said('client'));
  app.on('data', said('app'));
  client.pipe(app);
  app.pipe(client);
}

function closeQuiet(links: ReadonlySet<Link>, quietMs: number): void {
  const nowMs = performance.now();
  for (const { client, lastWord, lastAtMs } of links) {
    if (lastWord !== 'client' && nowMs - lastAtMs >= quietMs) client.destroySoon();
  }
}
