// A real scheduler in this process, on declared slots, with real jobs. Whatever it started is gone after the test.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { sweep, signalRef } from '../../supervise/index.ts';
import type { SchedulerOptions } from '../options.ts';
import type { JobRequest } from '../request.ts';
import { Scheduler } from '../scheduler.ts';
import type { JobView } from '../views.ts';

const WAIT_MS_MAX = 60_000;

export interface Real {
  readonly stateDir: string;
  scheduler: Scheduler;
  submit(request: Partial<JobRequest>, owner?: string): Promise<JobView>;
  /** Settles when the job is in this state, and fails with what it was instead. */
  reaches(id: string, state: JobView['state']): Promise<JobView>;
  /** Settles with the next event of this kind that fits. */
  hears(event: string, fits?: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  /** The same directory, opened again. */
  reopen(): Promise<void>;
}

export async function realScheduler(t: TestContext, options: Partial<SchedulerOptions> = {}): Promise<Real> {
  const stateDir = options.stateDir ?? mkdtempSync(join(realpathSync(tmpdir()), 'lastcall-test-'));
  const open = () =>
    Scheduler.open({ stateDir, instance: 'unit_test', devices: { kind: 'slots', count: 2 }, ports: null, ...options });
  const real: Real = {
    stateDir,
    scheduler: await open(),
    async submit(request, owner = 'ann') {
      const [job] = await real.scheduler.submit([{ argv: ['true'], cwd: '/', ...request }], { owner });
      return job!;
    },
    reaches: async (id, state) =>
      await bounded(
        `${id} to be ${state}`,
        () => real.scheduler.job(id),
        (look) => real.scheduler.listen(look),
        (job) => job.state === state,
      ),
    async hears(event, fits = {}) {
      const found = async () => {
        const events = await real.scheduler.events({ limit: 100_000 });
        return events.find(
          (told) => told.event === event && Object.entries(fits).every(([name, value]) => told[name] === value),
        );
      };
      return (await bounded(
        `event ${event}`,
        found,
        (look) => real.scheduler.listen(look),
        (told) => told !== undefined,
      ))!;
    },
    async reopen() {
      await real.scheduler.close();
      real.scheduler = await open();
    },
  };
  const { storeId } = real.scheduler;
  t.after(async () => {
    // Keepers write into the directory to their end.
    await real.scheduler.wind({ policy: 'cancel', by: 'the test', graceMs: 0 }, AbortSignal.timeout(20_000));
    await real.scheduler.close();
    endAll(storeId);
    if (options.stateDir === undefined)
      rmSync(stateDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
  return real;
}

/** Kills whatever carries a cookie of this store. */
export function endAll(storeId: string): readonly string[] {
  const { found } = sweep((cookie) => cookie.storeId === storeId);
  for (const process of found) signalRef(process, 'SIGKILL');
  return found.map(({ command }) => command);
}

async function bounded<Value>(
  what: string,
  look: () => Promise<Value>,
  listen: (look: () => void) => () => void,
  holds: (value: Value) => boolean,
): Promise<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  let last: Value | undefined;
  const ask = () => {
    void look().then((value) => {
      last = value;
      if (holds(value)) resolve(value);
    }, reject);
  };
  const stop = listen(ask);
  const timer = setTimeout(
    () => reject(new Error(`this never came: ${what}; last seen ${JSON.stringify(last)}`)),
    WAIT_MS_MAX,
  );
  ask();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    stop();
  }
}
