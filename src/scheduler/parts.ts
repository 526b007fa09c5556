// What a scheduler consists of, put together: the driver of the core, the engine that runs jobs, and what is between them.
import { devicesOf, type Devices } from './engines/local/devices.ts';
import { LocalEngine } from './engines/local/engine.ts';
import { Layout } from './engines/local/layout.ts';
import type { Report } from '../lifecycle/report.ts';
import { JobSockets } from './control.ts';
import type { Run } from './core/types.ts';
import { Driver } from './driver.ts';
import { Effects } from './effects.ts';
import { Feed } from './feed.ts';
import type { ResolvedOptions } from './options.ts';
import { runReport, type ReportEffect } from './run-report.ts';
import type { SchedulerStore } from './store/port.ts';
import type { SchedulerTime } from './time.ts';

/** Between the two samples of a GPU's proof. */
const SAMPLE_MS = 50;

export interface Parts {
  readonly options: ResolvedOptions;
  readonly store: SchedulerStore;
  readonly time: SchedulerTime;
  readonly layout: Layout;
  readonly devices: Devices;
  readonly engine: LocalEngine;
  readonly effects: Effects;
  readonly sockets: JobSockets;
  readonly driver: Driver;
  readonly feed: Feed;
  readonly failed: Promise<unknown>;
}

export function assemble(options: ResolvedOptions, store: SchedulerStore, time: SchedulerTime): Parts {
  const { stateDir, rules, ports, at, log, host } = options;
  const layout = new Layout(stateDir);
  const feed = new Feed();
  const failed = Promise.withResolvers<unknown>();
  const devices = devicesOf({
    choice: options.devices,
    toleranceBytes: options.gpuToleranceBytes,
    sampleMs: SAMPLE_MS,
    environment: process.env,
  });
  const engine = new LocalEngine({
    stateDir,
    storeId: store.storeId,
    devices,
    ports,
    log,
    listener: {
      spawned: (run, member) => driver.tell({ type: 'spawned', run, member }),
      spawnFailed: (run, member, why, code) => driver.tell({ type: 'spawnFailed', run, member, why, code }),
      exited: (run, member, exit) => driver.tell({ type: 'exited', run, member, exit }),
      lost: (run, member, why) => driver.tell({ type: 'lost', run, member, why }),
    },
  });
  const sockets = new JobSockets(stateDir, {
    complete: (run) => driver.tell({ type: 'completePosted', run }),
    ready: (run) => driver.tell({ type: 'isReady', run, url: addressOf(driver.state.runs.get(run), host) }),
    stop: async (job, run, graceMs) => {
      const released = new Promise<void>((resolve) => {
        const stop = feed.listen((event) => {
          if (event.event !== 'run_released' || event.run !== run) return;
          stop();
          resolve();
        });
      });
      await driver.send({ type: 'cancelled', job, by: 'its control socket', graceMs, force: false });
      await released;
      return JSON.parse((await store.report(job, Number(run.slice(run.lastIndexOf('/') + 1)))) ?? 'null') as Report;
    },
  });
  const effects = new Effects({
    engine,
    driver: () => driver,
    host,
    at,
    sockets,
    place: (job) => ({
      checkpointDir: layout.checkpoints(job),
      visible: (gpus) => devices.visible(gpus),
    }),
  });
  const driver: Driver = new Driver({
    store,
    engine,
    rules,
    time,
    at,
    carryOut: (wanted) => effects.carryOut(wanted),
    publish: (events) => {
      for (const { event, run } of events) if (event === 'run_released' && run !== undefined) void sockets.close(run);
      feed.publish(events);
    },
    reports: (wanted) =>
      reportsOf(
        time,
        wanted.filter((effect) => effect.type === 'report'),
      ),
    fatal: (error) => failed.resolve(error),
  });
  return { options, store, time, layout, devices, engine, effects, sockets, driver, feed, failed: failed.promise };
}

/** Jobs that were taken up from the scheduler before go on telling where they told before. */
export async function reopenSockets({ driver, sockets }: Parts): Promise<void> {
  const { jobs, runs } = driver.state;
  for (const run of runs.values()) {
    const job = jobs.get(run.job);
    if (job && run.phase === 'running') await sockets.open(job, run);
  }
}

/** Of a service: its first port. */
function addressOf(run: Run | undefined, host: string): string {
  const port = Object.values(run?.members.find(({ role }) => role === 'main')?.ports ?? {})[0];
  return `http://${host}:${port ?? 0}`;
}

function reportsOf(time: SchedulerTime, effects: readonly ReportEffect[]) {
  const { atMs, wallMs } = time.now();
  return effects.map((effect) => {
    const { id, job, attempt } = effect.run;
    return { run: id, job, attempt, text: JSON.stringify(runReport(effect, wallMs - atMs)) };
  });
}
