// What a scheduler consists of, put together: the driver of the core, the engine that runs jobs, and what is between them.
import { devicesOf, type Devices } from './engines/local/devices.ts';
import { LocalEngine } from './engines/local/engine.ts';
import { Layout } from './engines/local/layout.ts';
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
  const effects = new Effects({
    engine,
    driver: () => driver,
    host,
    at,
    place: (job) => ({
      checkpointDir: layout.checkpoints(job),
      control: null,
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
    publish: (events) => feed.publish(events),
    reports: (wanted) =>
      reportsOf(
        time,
        wanted.filter((effect) => effect.type === 'report'),
      ),
    fatal: (error) => failed.resolve(error),
  });
  return { options, store, time, layout, devices, engine, effects, driver, feed, failed: failed.promise };
}

function reportsOf(time: SchedulerTime, effects: readonly ReportEffect[]) {
  const { atMs, wallMs } = time.now();
  return effects.map((effect) => {
    const { id, job, attempt } = effect.run;
    return { run: id, job, attempt, text: JSON.stringify(runReport(effect, wallMs - atMs)) };
  });
}
