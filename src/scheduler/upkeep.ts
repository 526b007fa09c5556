// What is done now and then: looking for strangers on our GPUs, keeping logs within their cap, forgetting old history.
import { rm } from 'node:fs/promises';
import { messageOf } from '../base/errors.ts';
import type { Driver } from './driver.ts';
import type { Engine } from './engines/port.ts';
import type { Layout } from './engines/local/layout.ts';
import { capLog } from './logs.ts';
import type { ResolvedOptions } from './options.ts';
import type { SchedulerStore } from './store/port.ts';

const LOOK_MS = 5_000;
const PRUNE_MS = 300_000;
const EVENTS_MAX = 200_000;

export interface UpkeepParts {
  readonly driver: Driver;
  readonly engine: Engine;
  readonly layout: Layout;
  readonly store: SchedulerStore;
  readonly options: ResolvedOptions;
}

/** Begins it; what it returns ends it. */
export function keepUp(parts: UpkeepParts): Disposable {
  const timers = [setInterval(() => void look(parts), LOOK_MS), setInterval(() => void prune(parts), PRUNE_MS)];
  for (const timer of timers) timer.unref();
  return { [Symbol.dispose]: () => timers.forEach((timer) => clearInterval(timer)) };
}

async function look({ driver, engine, layout, options }: UpkeepParts): Promise<void> {
  const runs = [...driver.state.runs.values()];
  // Declared slots are nobody else's, and a look at all processes is not free.
  if (options.devices.kind === 'gpus') {
    try {
      driver.tell({ type: 'foreignSeen', gpus: await engine.foreign(runs) });
    } catch (error) {
      options.log('gpus_unseen', { why: messageOf(error) });
    }
  }
  for (const run of runs) {
    for (const { name } of run.members) {
      for (const stream of ['stdout', 'stderr'] as const) {
        await capLog(layout.member(run.id, name), stream, options.logBytesMax);
      }
    }
  }
}

async function prune({ store, layout, options }: UpkeepParts): Promise<void> {
  try {
    const jobs = await store.prune({ jobsMax: options.historyMax, eventsMax: EVENTS_MAX });
    for (const id of jobs) await rm(layout.job(id), { recursive: true, force: true });
  } catch (error) {
    options.log('history_not_pruned', { why: messageOf(error) });
  }
}
