// What stands around a root unit while it lives: its place on disk, the record that it runs, health endpoints and the
// control socket. Loaded when a unit needs them, not at import. All of it is up when `ready()` settles.
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../view.ts';
import { openStateDir, type StateDir } from '../state-dir.ts';
import { refresh } from '../watchdog/snapshot.ts';
import type { UnitNode } from './node.ts';
import type { RootSettings } from './options.ts';
import { commandsOf, viewOf } from './view.ts';

export interface ServicesOptions {
  readonly node: UnitNode;
  readonly settings: RootSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
}

export class Services {
  readonly #options: ServicesOptions;
  readonly #started: Promise<void>;
  readonly #closers: (() => Promise<void>)[] = [];
  #stateDir: StateDir | undefined;
  #closed = false;

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

  /** Where reports go; null if there is no place. @throws LastcallError for a directory asked for by name */
  stateDir(): string | null {
    if (!this.#stateDir) {
      const { settings, environment, log } = this.#options;
      this.#stateDir = openStateDir({ wanted: settings.stateDir, environment });
      if (this.#stateDir.warning !== null) log('state_dir_elsewhere', { warning: this.#stateDir.warning });
    }
    return this.#stateDir.path;
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
    const stateDir = this.stateDir();
    await this.#startHealth();
    if (stateDir === null) return;
    await this.#startControl(stateDir);
    await this.#record(stateDir);
  }

  async #startHealth(): Promise<void> {
    const { settings, node, clock, log } = this.#options;
    if (settings.healthPort === null) return;
    const { startHealthServer } = await import('../health.ts');
    const server = await startHealthServer({
      port: settings.healthPort,
      host: settings.healthHost,
      view: viewOf(node, clock),
    });
    this.#closers.push(() => server.close());
    log('health_listening', { host: settings.healthHost, port: server.port });
  }

  /** Without it the unit works as well, only nobody can steer it from outside: the name is taken, or the disk read-only. */
  async #startControl(stateDir: string): Promise<void> {
    const { settings, node, clock, log } = this.#options;
    if (!settings.control || this.#closed) return;
    try {
      const { startControlServer } = await import('../control/server.ts');
      const view = viewOf(node, clock);
      const server = await startControlServer({ stateDir, name: node.name, view, commands: commandsOf(node) });
      this.#closers.push(() => server.close());
    } catch (error) {
      log('control_unavailable', { error: messageOf(error) });
    }
  }

  /** Reports of earlier instances that were killed, then the record that this one runs. */
  async #record(stateDir: string): Promise<void> {
    const { node, log, clock } = this.#options;
    if (this.#closed || node.phase === 'ended') return;
    try {
      const { reportDeadUnits, writeRunningRecord } = await import('../running-record.ts');
      const { pruneReports, REPORTS_MAX } = await import('../report-file.ts');
      const { thisProcess } = await import('../../base/process-identity.ts');
      for (const report of reportDeadUnits(stateDir, node.name)) {
        log('found_dead', { dead: report.unit.instance, work: report.work, checkpoint: report.checkpoint });
      }
      pruneReports(stateDir, REPORTS_MAX);
      writeRunningRecord(stateDir, {
        schema: 'lastcall.running/1',
        process: thisProcess(),
        journalledAtMs: clock.wallMs(),
        unit: refresh(node.snapshot()),
      });
    } catch (error) {
      log('record_failed', { error: messageOf(error) });
    }
  }
}
