// The front itself (front.ts says what it is for): the gateway's node plane with one instance, or, for `tcp:`,
// connections as they are.
import { connect, type NetConnectOpts, type Server } from 'node:net';

import { durationMs } from '../../base/duration.ts';
import { LastcallError } from '../../base/errors.ts';
import { checkOptions, type OptionNames } from '../../base/given.ts';
import { type ListenAddress, listen, NodePlane, parseListen, type PlaneOptions, portOf } from '../../gateway/index.ts';
import type { HealthPaths } from '../../lifecycle/health-routes.ts';
import type { Unit } from '../../lifecycle/index.ts';
import { healthRoutesOf } from '../../lifecycle/unit/health-of.ts';
import { refuseTakenPort } from '../run/port-holder.ts';
import { App } from './app.ts';
import { FrontDirector } from './director.ts';
import type { Front, FrontOptions } from './front.ts';
import { TaskLog } from './task-log.ts';
import { tcpFront } from './tcp.ts';

const OPTIONS: OptionNames<FrontOptions> = {
  listen: true,
  app: true,
  drainsBefore: true,
  paths: true,
  wait: true,
  firstByte: true,
  bodyBytesMax: true,
  whenDraining: true,
  taskLog: true,
  quiet: true,
  trustedHops: true,
  via: true,
  headBytesMax: true,
  headTime: true,
  bodyIdle: true,
  readerIdle: true,
  keepAlive: true,
  connectionsMax: true,
};

/** Health paths that nobody can ask for. */
const NOWHERE = '\0';
const CONNECT_MS_MAX = 10_000;
const APP_CONNECTIONS_MAX = 16_384;

/**
 * Listens, as a part of `unit`.
 * @param isUp as for App: null if the front is told by `appReady` and `appGone`
 * @throws LastcallError `usage` for an option that cannot be used, `io` if it cannot listen there
 */
export async function start(unit: Unit, options: FrontOptions, isUp: (() => boolean) | null): Promise<Front> {
  checkOptions('front', options, OPTIONS);
  const app = new App(isUp);
  const addresses = options.listen.map((text) => ({
    isTcp: text.startsWith('tcp:'),
    address: parseListen(text.replace(/^tcp:/, ''), 'listen'),
  }));
  const http = addresses.filter(({ isTcp }) => !isTcp).map(({ address }) => address);
  const tcp = addresses.filter(({ isTcp }) => isTcp).map(({ address }) => address);
  const target = parseApp(options.app);
  const plane = http.length > 0 ? await startPlane(unit, app, target, http, options) : null;
  const servers = await startTcp(unit, app, target, tcp, options);
  const ports = [...(plane?.ports ?? []), ...servers.map(portOf)];
  const hosts = [...http, ...tcp];
  const bound = ports.flatMap((port, index) => {
    const address = hosts[index]!;
    return 'port' in address ? [{ port, host: address.host }] : [];
  });
  return {
    ports: bound.map(({ port }) => port),
    appReady: () => app.ready(),
    appGone: () => app.gone(),
    stillAnswering: async () => {
      const answers = await Promise.all(bound.map((where) => answersOn(where)));
      return bound.flatMap(({ port }, index) => (answers[index]! ? [port] : []));
    },
  };
}

async function startPlane(
  unit: Unit,
  app: App,
  target: ListenAddress,
  addresses: readonly ListenAddress[],
  options: FrontOptions,
): Promise<NodePlane> {
  const routes = healthRoutesOf(unit, pathsOf(options.paths));
  const { whenDraining = 'answer', drainsBefore = [] } = options;
  const taskLog =
    options.taskLog === undefined
      ? null
      : new TaskLog({
          path: options.taskLog,
          instance: unit.instance,
          failed: (error) => unit.log('task_log_failed', { path: options.taskLog, error }),
        });
  const plane = new NodePlane({
    ...planeOptions(options),
    director: { direct: (request, failed) => director.direct(request, failed) },
    rules: { answer: (path) => routes(path), refuse: () => whenDraining },
    name: 'front',
    drainsBefore,
  });
  const upstream = plane.upstream('app', {
    url: urlOf(target),
    http2: false,
    ca: null,
    serverName: null,
    connectionsMax: APP_CONNECTIONS_MAX,
    connectMsMax: CONNECT_MS_MAX,
  });
  const director = new FrontDirector({
    app,
    upstream,
    taskLog,
    waitMsMax: durationMs(options.wait ?? '10s', 'wait'),
    limits: {
      firstByteMsMax: durationMs(options.firstByte ?? 0, 'firstByte'),
      idleMsMax: 0,
      bodyBytesMax: options.bodyBytesMax ?? 0,
    },
  });
  unit.extension({ status: () => ({ app: app.state, open: upstream.open }) });
  for (const address of addresses) await namingHolder(address, () => plane.listen(unit, address));
  if (taskLog) void unit.ended.then(() => taskLog.close());
  return plane;
}

async function startTcp(
  unit: Unit,
  app: App,
  target: ListenAddress,
  addresses: readonly ListenAddress[],
  options: FrontOptions,
): Promise<readonly Server[]> {
  const servers: Server[] = [];
  for (const address of addresses) {
    const server = tcpFront(unit, {
      name: servers.length === 0 ? 'tcp' : `tcp ${servers.length + 1}`,
      app,
      target: target as NetConnectOpts,
      waitMsMax: durationMs(options.wait ?? '10s', 'wait'),
      drainsBefore: options.drainsBefore ?? [],
      quietMs: durationMs(options.quiet ?? 200, 'quiet'),
    });
    servers.push(server);
    await namingHolder(address, () => listen(server, address));
  }
  return servers;
}

/** Who has the port is worth more than that somebody has. */
async function namingHolder(address: ListenAddress, listening: () => Promise<void>): Promise<void> {
  try {
    await listening();
  } catch (error) {
    const { code } = ((error as LastcallError).cause ?? {}) as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' && 'port' in address) refuseTakenPort(address.port, '--listen');
    throw error;
  }
}

function planeOptions(options: FrontOptions): PlaneOptions {
  const { trustedHops, via, headBytesMax, headTime, bodyIdle, readerIdle, keepAlive, connectionsMax } = options;
  const given = { trustedHops, via, headBytesMax, headTime, bodyIdle, readerIdle, keepAlive, connectionsMax };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function pathsOf(paths: FrontOptions['paths'] = {}): HealthPaths {
  return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, path ?? `${NOWHERE}${name}`]));
}

function parseApp(text: string): ListenAddress {
  const address = parseListen(text, 'app');
  if ('fd' in address) {
    throw new LastcallError('usage', {
      what: 'an application is not spoken to by a descriptor',
      on: 'app',
      todo: 'Give its port.',
    });
  }
  return 'path' in address ? address : { host: address.host ?? '127.0.0.1', port: address.port };
}

function urlOf(target: ListenAddress): string {
  if ('path' in target) return `unix:${target.path}`;
  if ('fd' in target) return '';
  const host = target.host?.includes(':') === true ? `[${target.host}]` : target.host;
  return `http://${host}:${target.port}`;
}

/** Whether somebody takes connections there. */
function answersOn({ port, host = '127.0.0.1' }: { port: number; host: string | undefined }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
