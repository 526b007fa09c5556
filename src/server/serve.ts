// `lastcall serve`: the scheduler and its API as a unit. Announce: readiness 503 while requests are still served. Intake: no new
// jobs. Drain: jobs end, are waited for or are left, as --on-stop says, while who waits for them is still answered. Release: the
// listener, the keys, the store.
import type { AddressInfo } from 'node:net';
import { systemClock } from '../base/clock.ts';
import { LastcallError, messageOf } from '../base/errors.ts';
import { drainHttp, unit, type Report, type Unit, type UnitOptions } from '../lifecycle/index.ts';
import { joinUnit, Scheduler, type SchedulerOptions } from '../scheduler/index.ts';
import { Access, isLoopbackName } from './access.ts';
import { createApp } from './app.ts';
import { adminKeyPath, Keys } from './keys.ts';
import { jobRoutes } from './routes/jobs.ts';
import { keyRoutes } from './routes/keys.ts';
import { poolRoutes } from './routes/pool.ts';
import { streamRoutes } from './routes/streams.ts';

export const DEFAULT_PORT = 8_765;

export interface ServeOptions {
  readonly stateDir: string;
  readonly host: string;
  readonly port: number;
  /** What happens to jobs when the server stops. */
  readonly onStop: 'cancel' | 'drain' | 'leave';
  /** false: everybody who reaches it is the administrator; only on loopback. */
  readonly withKeys: boolean;
  /** Names that it may be called by beside those of this machine. */
  readonly hosts: readonly string[];
  /** Origins whose pages may ask. */
  readonly origins: readonly string[];
  readonly scheduler: Pick<SchedulerOptions, 'devices' | 'ports'>;
  readonly version: string;
  readonly unit: UnitOptions;
}

export interface RunningServer {
  readonly unit: Unit;
  /** `http://127.0.0.1:8765`. */
  readonly url: string;
  /** File with the administrator's key; null without keys. */
  readonly adminKeyFile: string | null;
  readonly scheduler: Scheduler;
  readonly ended: Promise<Report>;
}

/** @throws LastcallError `usage`, `fenced`, `state_refused`, `dependency` … before anything is started */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const { stateDir, host, withKeys } = options;
  if (!withKeys && !isLoopbackName(host)) {
    throw new LastcallError('usage', {
      what: 'without keys everybody who reaches the server could run programs on it',
      on: `--host ${host}`,
      todo: 'Leave out --no-keys, or listen on 127.0.0.1.',
    });
  }
  const owner = unit('lastcall', { ...options.unit, kind: 'server', workOf: 'requests', stateDir });
  try {
    return await assemble(options, owner);
  } catch (error) {
    await owner.fail(error);
    throw error;
  }
}

async function assemble(options: ServeOptions, owner: Unit): Promise<RunningServer> {
  const { stateDir, host, port, withKeys, hosts, origins, onStop } = options;
  // First: it fences the state directory, keys included.
  const scheduler = await Scheduler.open({
    ...options.scheduler,
    stateDir,
    instance: owner.instance,
    log: (event, fields) => owner.log(event, fields),
  });
  const keys = withKeys ? new Keys(stateDir) : null;
  owner.onRelease('keys', () => keys?.[Symbol.dispose](), { dependsOn: ['scheduler'] });
  keys?.ensureAdminKey(stateDir, systemClock.wallMs());

  const stopping = new AbortController();
  const access = new Access({ keys, hosts, origins, clock: systemClock });
  const routes = [
    ...jobRoutes(scheduler),
    ...streamRoutes(scheduler, stopping.signal),
    ...poolRoutes(scheduler),
    ...keyRoutes(keys, systemClock),
  ];
  const app = createApp(routes, access, options.version);
  joinUnit(scheduler, owner, { onStop });
  // Who follows a log or the events hears of the last of it, and then that this is the end.
  owner.onDrain('streams', async ({ signal }) => {
    if (onStop !== 'leave') await quiet(scheduler, signal);
    stopping.abort();
  });
  owner.use(drainHttp(app.server, { readiness: '/readyz' }));
  await app.ready();
  const address = await listen(app, host, port);
  owner.extension({
    status: () => ({ url: address, onStop, running: scheduler.running().length, queued: scheduler.pool().queued }),
  });
  await owner.ready();
  const adminKeyFile = keys ? adminKeyPath(stateDir) : null;
  owner.log('listening', { url: address, adminKeyFile, onStop });
  return { unit: owner, url: address, adminKeyFile, scheduler, ended: owner.ended };
}

/** Settles when no job runs any more, or the signal aborts. */
async function quiet(scheduler: Scheduler, signal: AbortSignal): Promise<void> {
  const done = Promise.withResolvers<void>();
  const look = (): void => {
    if (scheduler.running().length === 0) done.resolve();
  };
  const unlisten = scheduler.listen(look);
  signal.addEventListener('abort', () => done.resolve(), { once: true });
  if (signal.aborted) done.resolve();
  look();
  await done.promise;
  unlisten();
}

async function listen(app: ReturnType<typeof createApp>, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw new LastcallError('io', {
      what: `it cannot listen: ${messageOf(error)}`,
      on: `${host}:${port}`,
      todo: 'Choose another --port, or stop what has this one.',
      cause: error,
    });
  }
  const { address, port: bound, family } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`;
}
