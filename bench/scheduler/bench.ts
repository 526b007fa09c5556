// What the scheduler costs: one decision over a long queue, a durable submit, the way from submit to a running process, and
// from a cancel to the next job's process. Each beside the least that anybody would have to do for it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Scheduler } from '../../src/scheduler/index.ts';
import { migrate, openSqlite, transaction } from '../../src/store/index.ts';
import { pair } from '../measure.ts';
import type { Bench } from '../table.ts';
import { longQueue } from './queue.ts';

const BENCH = 'scheduler';
const CLIENTS = 8;
const SLEEP = { argv: ['sleep', '600'], cwd: '/' };

export const scheduler: Bench = {
  about: 'decision over 10,000 queued jobs and 1,000 GPUs, durable submits, submit → started, cancel → next started',
  async *run({ quick }) {
    const rounds = quick ? 20 : 100;
    const queue = longQueue(10_000, 1_000);
    yield await pair(
      { name: 'lastcall', measure: async () => queue.decide() },
      { name: 'sorting the queue', measure: async () => queue.sort() },
      { bench: BENCH, case: 'one decision, 10,000 queued, 1,000 GPUs', unit: 'ms', rounds: 3 * rounds, warmups: 20 },
    );
    // The scheduler alone keeps no process alive.
    const alive = setInterval(() => {}, 1_000);
    const directory = await mkdtemp(join(tmpdir(), 'lastcall-bench-'));
    try {
      await using jobs = await Scheduler.open({
        stateDir: join(directory, 'jobs'),
        instance: 'unit_bench',
        devices: { kind: 'slots', count: 1 },
        ports: null,
      });
      yield await pair(
        { name: 'lastcall', measure: () => submitToStarted(jobs) },
        { name: 'spawn alone', measure: bareSpawn },
        { bench: BENCH, case: 'submit → process started', unit: 'ms', rounds, warmups: 3 },
      );
      yield await pair(
        { name: 'lastcall', measure: () => cancelToNext(jobs) },
        { name: 'kill and spawn', measure: killAndSpawn },
        { bench: BENCH, case: 'cancel → proven gone, next started', unit: 'ms', rounds, warmups: 3 },
      );
      const raw = rawCommits(join(directory, 'raw.db'));
      yield await pair(
        { name: 'lastcall', measure: () => submitsPerSecond(jobs, quick ? 400 : 2_000) },
        { name: 'SQLite, a commit each', measure: async () => raw(quick ? 400 : 2_000) },
        { bench: BENCH, case: `durable submits, ${CLIENTS} at once`, unit: '1/s', rounds: quick ? 3 : 10 },
      );
    } finally {
      clearInterval(alive);
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function submitToStarted(jobs: Scheduler): Promise<number> {
  const startedMs = performance.now();
  const started = next(jobs, 'job_started');
  const [job] = await jobs.submit([SLEEP], { owner: 'bench' });
  await started;
  const tookMs = performance.now() - startedMs;
  await end(jobs, job!.id);
  return tookMs;
}

async function cancelToNext(jobs: Scheduler): Promise<number> {
  const started = next(jobs, 'job_started');
  const [first] = await jobs.submit([SLEEP], { owner: 'bench' });
  await started;
  const [second] = await jobs.submit([SLEEP], { owner: 'bench' });
  const startedMs = performance.now();
  const again = next(jobs, 'job_started');
  await jobs.cancel(first!.id, { by: 'bench' });
  await again;
  const tookMs = performance.now() - startedMs;
  await end(jobs, second!.id);
  return tookMs;
}

async function end(jobs: Scheduler, id: string): Promise<void> {
  const released = next(jobs, 'run_released');
  await jobs.cancel(id, { by: 'bench', force: true });
  await released;
}

function next(jobs: Scheduler, event: string): Promise<void> {
  return new Promise((resolve) => {
    const stop = jobs.listen((told) => {
      if (told.event !== event) return;
      stop();
      resolve();
    });
  });
}

async function bareSpawn(): Promise<number> {
  const startedMs = performance.now();
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const tookMs = performance.now() - startedMs;
  child.kill('SIGKILL');
  await once(child, 'exit');
  return tookMs;
}

async function killAndSpawn(): Promise<number> {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const startedMs = performance.now();
  child.kill('SIGTERM');
  await once(child, 'exit');
  const after = spawn('sleep', ['600'], { stdio: 'ignore' });
  await once(after, 'spawn');
  const tookMs = performance.now() - startedMs;
  after.kill('SIGKILL');
  await once(after, 'exit');
  return tookMs;
}

/** Jobs that wait for a dependency, so that only the submit is measured. */
async function submitsPerSecond(jobs: Scheduler, count: number): Promise<number> {
  const [blocker] = await jobs.submit([SLEEP], { owner: 'bench' });
  const request = { ...SLEEP, after: [{ job: blocker!.id }] };
  const startedMs = performance.now();
  const client = async () => {
    for (let index = 0; index < count / CLIENTS; index++) await jobs.submit([request], { owner: 'bench' });
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const perSecond = (count / (performance.now() - startedMs)) * 1_000;
  // Its end takes all of them with it.
  await end(jobs, blocker!.id);
  return perSecond;
}

function rawCommits(path: string): (count: number) => number {
  const database = openSqlite(path);
  migrate(database, 'bench', ['CREATE TABLE jobs (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT']);
  const insert = database.prepare('INSERT INTO jobs (text) VALUES (?)');
  const text = 'x'.repeat(600);
  return (count) => {
    const startedMs = performance.now();
    for (let index = 0; index < count; index++) transaction(database, () => insert.run(text));
    return (count / (performance.now() - startedMs)) * 1_000;
  };
}
