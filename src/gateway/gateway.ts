// A gateway as a unit: configuration, core, plane, probes, roll-outs, admin API and discovery put together. It ends by
// the stages: readiness 503, nothing new, what is in flight to its end, then connections.
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { randomBytes } from 'node:crypto';
import { systemClock } from '../base/clock.ts';
import { LastcallError, messageOf } from '../base/errors.ts';
import { SeededRandom } from '../base/random.ts';
import { unit, type MetricFamily, type Report, type Unit, type UnitOptions } from '../lifecycle/index.ts';
import { openStateDir } from '../lifecycle/state-dir.ts';
import { lockDirectory } from '../store/index.ts';
import type { GatewayConfig, PoolRules } from './config/compile.ts';
import type { Instance } from './core/types.ts';
import { loadConfig } from './config/load.ts';
import { AccessLog } from './control/access-log.ts';
import { adminKey, keyCheck, startAdmin } from './control/admin.ts';
import { GatewayDirector } from './control/director.ts';
import { Engine } from './control/engine.ts';
import { RateLimits } from './control/limits/rate-limits.ts';
import { RedisBuckets } from './control/limits/redis-buckets.ts';
import { RequestObserver } from './control/observer.ts';
import { Operations } from './control/operations.ts';
import { Probes } from './control/probes.ts';
import { Records } from './control/records.ts';
import { Reconfiguration } from './control/reconfiguration.ts';
import { Rollouts } from './control/rollouts.ts';
import { readSecret, SessionCookies } from './control/session-cookie.ts';
import { GatewayStore } from './control/store.ts';
import { Tracing } from './control/tracing.ts';
import { totalsView } from './control/views.ts';
import { Discovery } from './discovery/discovery.ts';
import { parseListen } from './planes/node/listen.ts';
import { NodePlane } from './planes/node/plane.ts';

export interface GatewayOptions extends Omit<UnitOptions, 'kind' | 'workOf' | 'unfinishedWork' | 'reload'> {
  /** The configuration file. */
  config: string;
}

export interface RunningGateway {
  readonly unit: Unit;
  /** Ports that it listens on: of the traffic, and of the admin API. */
  readonly port: number;
  readonly adminPort: number;
  readonly engine: Engine;
  readonly rollouts: Rollouts;
  /** As /metrics has them. */
  metrics(): readonly MetricFamily[];
  /** Settles when everything is over. */
  readonly ended: Promise<Report>;
  /** Reads the file again. @throws LastcallError with what is wrong; nothing has changed then */
  reload(): Promise<void>;
}

/** @throws LastcallError `usage` for what is wrong with the configuration, `fenced` if another gateway has this name */
export async function startGateway({ config: path, ...options }: GatewayOptions): Promise<RunningGateway> {
  const config = loadConfig(path, process.cwd());
  let reload = () => Promise.resolve();
  const owner = unit(config.file.name, {
    ...options,
    kind: 'gateway',
    workOf: 'requests',
    // What is wrong is in the log; a file with a mistake changes nothing.
    reload: () => void reload().catch(() => undefined),
  });
  try {
    const running = await assemble(owner, config, path, options.stateDir ?? null);
    reload = () => running.reload();
    return running;
  } catch (error) {
    void owner.fail(error);
    throw error;
  }
}

async function assemble(
  owner: Unit,
  config: GatewayConfig,
  path: string,
  wanted: string | null,
): Promise<RunningGateway> {
  const { file } = config;
  const directory = stateOf(file.name, wanted);
  const lock = lockDirectory(directory, owner.instance);
  const store = new GatewayStore(directory);
  owner.onRelease('gateway store', () => {
    store.close();
    lock.release();
  });
  const log = (event: string, fields: Readonly<Record<string, unknown>>) => owner.log(event, fields);
  const random = new SeededRandom(randomBytes(6).readUIntBE(0, 6));
  const records = new Records();
  const engine: Engine = new Engine({
    clock: systemClock,
    random,
    log,
    connections: {
      connect: (instance) =>
        plane.upstream(instance.id, addressOf(instance, director.config.pools.get(instance.pool.id))),
    },
  });
  const redis = file.redis === undefined ? null : await RedisBuckets.connect(file.redis, log);
  const access = file.accessLog ? accessLogOf(file.accessLog, directory, random, log) : null;
  const key = adminKey(directory, systemClock.wallMs());
  const isAdmin = keyCheck(key);
  const director = new GatewayDirector(config, {
    engine,
    cookies: new SessionCookies(readSecret(directory)),
    limits: new RateLimits(
      systemClock,
      () => redis,
      (error) => log('limiter_failed', { error: messageOf(error) }),
    ),
    observer: new RequestObserver(records, access, await Tracing.load()),
    isAdmin,
  });
  const plane: NodePlane = new NodePlane({
    director,
    trustedHops: file.trustedHops,
    rules: {
      answer: () => null,
      // Clients to whom an HTTP error is fatal see a closed connection; which route it is, is known by its path here.
      refuse: (target) => (closesAtTheEnd(director.config, target) ? 'close' : 'answer'),
    },
  });
  const probes = new Probes(engine, (model) => director.config.probes.get(model), random);
  const rollouts = new Rollouts({ engine, store, records, clock: systemClock, log });
  const discovery = new Discovery({ engine, log });
  const reconfiguration = new Reconfiguration({ engine, store, rollouts, director, probes, discovery, log, path });
  reconfiguration.begin(config);
  const operations = new Operations({
    engine,
    store,
    rollouts,
    config: () => director.config,
    wallMs: () => systemClock.wallMs(),
    reload: () => reconfiguration.reload(),
  });
  const routes = operations.routes();
  const metrics = () => records.families(engine.state);
  owner.extension({
    routes,
    metrics,
    status: () => ({ ...totalsView(engine.state), instances: engine.state.instances.size }),
  });
  const admin = await startAdmin(adminAddress(file.admin), routes, isAdmin);
  owner.onIntake('gateway core', () => engine.feed({ type: 'closing' }));
  owner.onRelease(
    'gateway edges',
    async () => {
      probes.stop();
      discovery.stop();
      rollouts.stop();
      engine.stop();
      redis?.close();
      await Promise.all([admin.close(), access?.close()]);
    },
    { dependsOn: ['gateway store'] },
  );
  const { tls, http2 } = file;
  const beside = (name: string) => resolve(dirname(path), name);
  await plane.listen(owner, parseListen(file.listen, 'listen'), {
    http2,
    ...(tls === undefined ? {} : { tls: { certificate: beside(tls.cert), key: beside(tls.key) } }),
  });
  await owner.ready();
  log('listening', { port: plane.ports[0], admin: (admin.server.address() as { port: number }).port, config: path });
  return {
    unit: owner,
    port: plane.ports[0]!,
    adminPort: (admin.server.address() as { port: number }).port,
    engine,
    rollouts,
    metrics,
    ended: owner.ended,
    reload: () => reconfiguration.reload(),
  };
}

function stateOf(name: string, wanted: string | null): string {
  const { path, warning } = openStateDir({ wanted, environment: process.env });
  if (path === null) {
    throw new LastcallError('io', {
      what: warning ?? 'there is no place for a state directory',
      todo: 'Name a directory that you may write to with --state-dir.',
    });
  }
  const directory = join(path, 'gateway', name);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

function accessLogOf(
  { sample, file }: NonNullable<GatewayConfig['file']['accessLog']>,
  directory: string,
  random: SeededRandom,
  log: (event: string, fields: Readonly<Record<string, unknown>>) => void,
): AccessLog {
  const failed = (error: Error) => log('access_log_failed', { error: messageOf(error) });
  return new AccessLog({ sample, file: file ?? join(directory, 'access.jsonl'), clock: systemClock, random, failed });
}

function addressOf({ url }: Instance, rules: PoolRules | undefined): Parameters<NodePlane['upstream']>[1] {
  const { http2 = false, ca = null } = rules ?? {};
  return { url, http2, ca, serverName: null, connectionsMax: 1_024, connectMsMax: 2_000 };
}

function adminAddress(text: string): { host: string; port: number } {
  const address = parseListen(text, 'admin');
  if (!('port' in address)) {
    throw new LastcallError('usage', {
      what: 'the admin API listens on an address',
      on: text,
      todo: 'Write host:port.',
    });
  }
  return { host: address.host ?? '127.0.0.1', port: address.port };
}

function closesAtTheEnd({ core, rules }: GatewayConfig, target: string): boolean {
  const path = target.split('?', 1)[0]!;
  const fits = core.routes.all.filter((route) => (route.exact ? path === route.path : path.startsWith(route.path)));
  const narrowest = fits.sort((a, b) => b.path.length - a.path.length)[0];
  return narrowest !== undefined && rules.get(narrowest)?.whenDraining !== 'answer';
}
