// One life of a scheduler in the kill drill: program.ts STATE LEDGER STEP. It takes up what the life before it left, asks
// for the same jobs (a key sees to it that they are taken once), and dies by SIGKILL at its STEP-th step; 0 = never. It ends
// by itself when every job is over and everything is free, and prints how many steps that took.
import { writeSync } from 'node:fs';
import { FINAL_STATES, Scheduler } from '../../scheduler/index.ts';
import { jobsOf } from './jobs.ts';

const [stateDir = '', ledger = '', wanted = '0'] = process.argv.slice(2);
const dieAt = Number(wanted);
let steps = 0;

const scheduler = await Scheduler.open({
  stateDir,
  instance: 'unit_drill',
  devices: { kind: 'slots', count: 4 },
  ports: null,
  at: () => {
    steps += 1;
    if (steps === dieAt) process.kill(process.pid, 'SIGKILL');
  },
});
writeSync(1, `store ${scheduler.storeId}\n`);

// The scheduler alone keeps no process alive.
const alive = setInterval(() => {}, 1_000);
const over = Promise.withResolvers<void>();
let ids: readonly string[] = [];
const isOver = async () => {
  const jobs = await Promise.all(ids.map((id) => scheduler.job(id)));
  const free = scheduler.pool().resources.every(({ state }) => state === 'free');
  if (ids.length > 0 && free && jobs.every(({ state }) => FINAL_STATES.has(state))) over.resolve();
};
scheduler.listen(() => void isOver());

const jobs = await scheduler.submit(jobsOf(ledger), { owner: 'drill', idempotencyKey: 'jobs' });
ids = jobs.map(({ id }) => id);
const askFor = async (id: string, name: string) => {
  if (name.startsWith('late')) await scheduler.cancel(id, { by: 'drill' });
  if (!name.startsWith('preempted')) return;
  // Once: the next run does the work.
  const { preemptions } = await scheduler.job(id);
  if (preemptions === 0) await scheduler.preempt(id, 'drill');
};
// Asked once the trap is surely set, or not: both have to end well.
const unheard = scheduler.listen(({ event, job = '' }) => {
  const name = jobs.find(({ id }) => id === job)?.name ?? '';
  if (event === 'job_started') void askFor(job, name);
});
// Whoever asked for an end before a restart asks again, as a person would.
for (const { id, name } of jobs) {
  const { state } = await scheduler.job(id);
  if (name.startsWith('cancelled')) await scheduler.cancel(id, { by: 'drill' });
  if (name.startsWith('forced')) await scheduler.cancel(id, { by: 'drill', force: true });
  if (state === 'running') await askFor(id, name);
}
await isOver();
await over.promise;
unheard();
clearInterval(alive);
const last = await Promise.all(ids.map((id) => scheduler.job(id)));
await scheduler.close();
for (const { id, name, state, attempt, exitCode } of last) {
  writeSync(1, `job ${JSON.stringify({ id, name, state, attempt, exitCode })}\n`);
}
writeSync(1, `steps ${steps}\n`);
