// What stands around a root unit while it lives: its place on disk, the record that it runs, health endpoints and the
// control socket. Loaded when a unit needs them, not at import. All of it is up when `ready()` settles.
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../view.ts';
import { Disk } from './disk.ts';
import type { UnitNode } from './node.ts';
import type { Environment, RootSettings } from './options.ts';

export interface ServicesOptions {
  readonly node: UnitNode;
  readonly settings: RootSettings;
  readonly environment: Environment;
  readonly terminationLog: string | null;
  readonly clock: Clock;
  readonly log: Log;
}

export class Services {
  readonly #options: ServicesOptions;
  readonly #started: Promise<void>;
  readonly #closers: (() => Promise<void>)[] = [];
  #disk: Disk | undefined;
  #closed = false;
  #controlPath: string | null = null;

  constructor(options: ServicesOptions) {
    this.#options = options;
    this.#started = this.#start();
    // Told by `started`; until somebody asks, it is nobody's unhandled rejection.
    this.#started.catch(() => undefined);
  }

  /** @throws LastcallError if the state directory asked for, or the health port, cannot be had */
  get started(): Promise<void> {
    return this.#started;
  }

  /** Address of the control socket once it is served; null if there is none. Never rejects. */
  get control(): Promise<string | null> {
    return this.#started.then(
      () => this.#controlPath,
      () => null,
    );
  }

  /** @throws LastcallError `io` or `disk_full` if the state directory asked for cannot be used */
  get disk(): Disk {
    const { settings, environment, terminationLog, log } = this.#options;
    const { stateDir: wanted, reportUrl } = settings;
    this.#disk ??= new Disk({ wanted, environment, terminationLog, reportUrl, log });
    return this.#disk;
  }

  /** Every service is told to end; settles when all have. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#started.catch(() => undefined);
    await Promise.allSettled(this.#closers.map((close) => close()));
  }

  async #start(): Promise<void> {
    // The program's own start goes first.
    await new Promise(setImmediate);
    if (this.#closed) return;
    const { stateDir } = this.disk;
    await this.#startHealth();
    if (stateDir !== null) await this.#startControl(stateDir);
    const { node, clock, settings } = this.#options;
    // Elsewhere nobody keeps the record up to date, and its counts would be wrong.
    if (!settings.ownsProcess || this.#closed || node.phase === 'ended') return;
    this.disk.recordStart(node.record(), clock.wallMs());
  }

  async #startHealth(): Promise<void> {
    const { settings, node, clock, log } = this.#options;
    const { healthPort: port, healthHost: host } = settings;
    if (port === null) return;
    const [{ startHealthServer }, { viewOf }] = await Promise.all([import('../health.ts'), import('./view.ts')]);
    const server = await startHealthServer({ port, host, view: viewOf(node, clock) });
    this.#closers.push(() => server.close());
    log('health_listening', { host, port: server.port });
  }

  /** Without it the unit works as well, only nobody can steer it from outside: the name is taken, or the disk read-only. */
  async #startControl(stateDir: string): Promise<void> {
    const { settings, node, clock, log } = this.#options;
    if (!settings.control || this.#closed) return;
    try {
      const [{ startControlServer }, { commandsOf, viewOf }] = await Promise.all([
        import('../control/server.ts'),
        import('./view.ts'),
      ]);
      const view = viewOf(node, clock);
      const server = await startControlServer({ stateDir, name: node.name, view, commands: commandsOf(node) });
      this.#controlPath = server.path;
      this.#closers.push(() => server.close());
    } catch (error) {
      log('control_unavailable', { error: messageOf(error) });
    }
  }
}
