// Carries out what the core wants, after it was committed, and tells the driver what came of it.
import { messageOf } from '../base/errors.ts';
import type { SchedulerEffect } from './core/events.ts';
import type { SchedulerState } from './core/state.ts';
import type { Run, StopReason } from './core/types.ts';
import type { Driver } from './driver.ts';
import type { Engine } from './engines/port.ts';
import type { JobSockets } from './control.ts';
import { type EnvironmentPlace, memberCommand } from './job-environment.ts';
import { type Probe, probeService } from './readiness.ts';

export interface EffectsOptions {
  readonly engine: Engine;
  readonly driver: () => Driver;
  readonly sockets: JobSockets;
  readonly place: (job: string) => Omit<EnvironmentPlace, 'control'>;
  readonly host: string;
  /** Called around each effect; tests cut the process there. */
  readonly at: (point: string) => void;
}

export class Effects implements Disposable {
  readonly #options: EffectsOptions;
  readonly #probes = new Map<string, Probe>();

  constructor(options: EffectsOptions) {
    this.#options = options;
  }

  carryOut(effects: readonly SchedulerEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'report') continue;
      this.#options.at(`before ${effect.type}`);
      this.#carryOut(effect);
      this.#options.at(`after ${effect.type}`);
    }
  }

  [Symbol.dispose](): void {
    for (const probe of this.#probes.values()) probe[Symbol.dispose]();
    this.#probes.clear();
  }

  #carryOut(effect: Exclude<SchedulerEffect, { type: 'report' }>): void {
    const { engine } = this.#options;
    const driver = this.#options.driver();
    const { state } = driver;
    if (effect.type === 'check') return void this.#check(driver, state, effect.resource);
    const run = state.runs.get(effect.run);
    // It was closed by what the same batch brought.
    if (!run) return;
    switch (effect.type) {
      case 'spawn':
        return void this.#spawn(run, effect.member);
      case 'signal':
        return void this.#signal(run, effect.reason, effect.graceMs);
      case 'kill':
        engine.kill(run);
        return driver.tell({ type: 'killed', run: run.id });
      case 'prove':
        this.#endProbe(run.id);
        void engine
          .prove(run, effect.withinMs)
          .catch((error: unknown) => ({
            tree: 'unproven' as const,
            unproven: { [`tree:${run.id}`]: messageOf(error) },
          }))
          .then((proof) => {
            this.#options.at('before proved');
            driver.tell({ type: 'proved', run: run.id, ...proof });
          });
        return;
      case 'probe': {
        const readiness = state.jobs.get(run.job)?.spec.readiness;
        if (!readiness) return;
        this.#endProbe(run.id);
        const ready = (url: string) => driver.tell({ type: 'isReady', run: run.id, url });
        this.#probes.set(run.id, probeService(run, readiness, this.#options.host, ready));
        return;
      }
    }
  }

  async #spawn(run: Run, name: string): Promise<void> {
    const { engine, place, sockets, driver } = this.#options;
    const asked = driver().state.jobs.get(run.job);
    if (!asked) return;
    const control = await sockets.open(asked, run);
    // Meanwhile it may have been cancelled, or taken up anew by a store that came back.
    const { state } = driver();
    const member = run.members.find((candidate) => candidate.name === name);
    const job = state.jobs.get(run.job);
    if (!member || !job || state.runs.get(run.id) !== run || run.phase !== 'starting') return;
    const memoryBytes = job.spec.request.memoryBytes * job.spec.replicas;
    const command = memberCommand(job, run, member, { ...place(job.id), control });
    engine.spawn({ run, member, command, memoryBytes });
  }

  /** Whoever listens on its socket hears why before the signal comes. */
  async #signal(run: Run, reason: StopReason, graceMs: number): Promise<void> {
    const { engine, sockets, driver } = this.#options;
    await sockets.tell(run, reason, graceMs);
    if (driver().state.runs.get(run.id) !== run) return;
    engine.signal(run);
    driver().tell({ type: 'signalled', run: run.id });
  }

  async #check(driver: Driver, state: SchedulerState, id: string): Promise<void> {
    const resource = state.resources.get(id);
    if (!resource || resource.state !== 'quarantined') return;
    const run = resource.run === null ? null : (state.runs.get(resource.run) ?? null);
    try {
      const evidence = await this.#options.engine.check(id, run);
      driver.tell({ type: 'checked', resource: id, evidence });
    } catch (error) {
      driver.tell({ type: 'checked', resource: id, evidence: messageOf(error) });
    }
  }

  #endProbe(run: string): void {
    this.#probes.get(run)?.[Symbol.dispose]();
    this.#probes.delete(run);
  }
}
