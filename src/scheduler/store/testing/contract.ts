// What every store of the scheduler promises, as tests that any implementation runs.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Changes } from '../../core/state.ts';
import type { Job, JobState } from '../../core/types.ts';
import { poolOf, Script, specOf } from '../../testing/script.ts';
import type { Batch, JobQuery, SchedulerStore } from '../port.ts';

const ALL: JobQuery = { owner: null, states: [], label: null, before: null, limit: 100 };
const ANCHOR = { bootId: 'boot', atMs: 5_000, monotonicMs: 4_000, wallMs: 1_700_000_000_000 };

export function batchOf(changes: Partial<Changes>, rest: Partial<Batch> = {}): Batch {
  const none = {
    jobs: new Map(),
    runs: new Map(),
    resources: new Map(),
    intents: new Map(),
    owners: new Map(),
    told: [],
  };
  return { changes: { ...none, ...changes }, anchor: ANCHOR, answered: [], reports: [], ...rest };
}

/** @param open the same store again each time it is called within one test, for which it is asked first */
export function storeContract(name: string, prepare: (t: TestContext) => Promise<() => Promise<SchedulerStore>>): void {
  test(`${name}: what was committed is there for the next owner, and nothing that is over is live`, async (t) => {
    const open = await prepare(t);
    const script = new Script(poolOf(1));
    const running = script.start(specOf());
    const queued = script.submit(specOf({ owner: 'bob' }));
    const ended = script.submit(specOf());
    script.feed({ type: 'cancelled', job: ended, by: 'ann', graceMs: null, force: false });
    const first = await open();
    const { jobs, runs, resources, intents } = script.rows;
    await first.commit(batchOf({ jobs, runs, resources, intents: new Map([...intents, ['gone', null]]) }));
    await first[Symbol.asyncDispose]();
    const second = await open();
    const loaded = await second.load();
    assert.deepEqual(
      loaded.jobs.map(({ id }) => id),
      [running, queued],
    );
    assert.deepEqual(loaded.jobs[0], jobs.get(running));
    assert.deepEqual(loaded.runs, [...runs.values()]);
    assert.deepEqual(loaded.resources, [...resources.values()]);
    assert.deepEqual([loaded.seq, loaded.anchor], [3, ANCHOR]);
    assert.equal(second.storeId, first.storeId);
    assert.ok(second.epoch > first.epoch);
    assert.deepEqual(await second.job(ended), jobs.get(ended));
  });

  test(`${name}: a row that was deleted is gone`, async (t) => {
    const store = await (await prepare(t))();
    const script = new Script(poolOf(1));
    const id = script.start(specOf());
    await store.commit(batchOf({ runs: script.rows.runs }));
    await store.commit(batchOf({ runs: new Map([[`${id}/1`, null]]) }));
    assert.deepEqual((await store.load()).runs, []);
  });

  test(`${name}: lists go from the newest back, by pages, owner, state and label`, async (t) => {
    const store = await (await prepare(t))();
    await store.commit(batchOf({ jobs: manyJobs(25) }));
    const newest = await store.jobs({ ...ALL, limit: 10 });
    assert.deepEqual(
      newest.map(({ seq }) => seq),
      [25, 24, 23, 22, 21, 20, 19, 18, 17, 16],
    );
    const next = await store.jobs({ ...ALL, limit: 10, before: 16 });
    assert.equal(next[0]?.seq, 15);
    const bobs = await store.jobs({ ...ALL, owner: 'bob' });
    assert.ok(bobs.length > 0 && bobs.every(({ spec }) => spec.owner === 'bob'));
    const failed = await store.jobs({ ...ALL, states: ['failed'] });
    assert.ok(failed.length > 0 && failed.every(({ state }) => state === 'failed'));
    const labelled = await store.jobs({ ...ALL, label: ['kind', '3'] });
    assert.deepEqual(
      labelled.map(({ seq }) => seq % 5),
      [3, 3, 3, 3, 3],
    );
  });

  test(`${name}: events are numbered without end, and read on from any of them`, async (t) => {
    const store = await (await prepare(t))();
    const told = (event: string, job: string, owner: string) => ({ event, job, owner, wallMs: 1, more: { a: 1 } });
    const ids = await store.commit(batchOf({ told: [told('one', 'job_1', 'ann'), told('two', 'job_2', 'bob')] }));
    const [third] = await store.commit(batchOf({ told: [told('three', 'job_1', 'ann')] }));
    assert.ok(ids[0]! < ids[1]! && ids[1]! < third!);
    const query = { after: ids[0]!, job: null, owner: null, limit: 10 };
    const events = await store.events(query);
    assert.deepEqual(
      events.map(({ event, id }) => [event, id]),
      [
        ['two', ids[1]],
        ['three', third],
      ],
    );
    assert.deepEqual(events[0]?.['more'], { a: 1 });
    const ofJob = await store.events({ ...query, after: 0, job: 'job_1' });
    assert.deepEqual(
      ofJob.map(({ event }) => event),
      ['one', 'three'],
    );
    const ofBob = await store.events({ ...query, after: 0, owner: 'bob' });
    assert.deepEqual(
      ofBob.map(({ event }) => event),
      ['two'],
    );
  });

  test(`${name}: outcomes are known of jobs that are over, and of no others`, async (t) => {
    const store = await (await prepare(t))();
    const [queued, completed, failed] = [...manyJobs(3).values()];
    Object.assign(queued!, { state: 'queued' });
    Object.assign(completed!, { state: 'completed' });
    Object.assign(failed!, { state: 'failed' });
    await store.commit(batchOf({ jobs: new Map([queued, completed, failed].map((job) => [job!.id, job!])) }));
    const outcomes = await store.outcomes([queued!.id, completed!.id, failed!.id, 'job_none']);
    assert.deepEqual(outcomes, { [completed!.id]: true, [failed!.id]: false });
  });

  test(`${name}: a request with a key is answered once, whoever asks again`, async (t) => {
    const open = await prepare(t);
    const store = await open();
    const answered = { owner: 'ann', key: 'k1', hash: 'abc', jobs: ['job_1'] };
    await store.commit(batchOf({}, { answered: [answered] }));
    assert.deepEqual(await store.answered('ann', 'k1'), answered);
    assert.equal(await store.answered('bob', 'k1'), null);
  });

  test(`${name}: the newest report is found, and each by its attempt`, async (t) => {
    const store = await (await prepare(t))();
    const report = (attempt: number) => ({
      run: `job_1/${attempt}`,
      job: 'job_1',
      attempt,
      text: `{"attempt":${attempt}}`,
    });
    await store.commit(batchOf({}, { reports: [report(1), report(2)] }));
    assert.equal(await store.report('job_1', null), '{"attempt":2}');
    assert.equal(await store.report('job_1', 1), '{"attempt":1}');
    assert.equal(await store.report('job_2', null), null);
  });

  test(`${name}: schedules are kept until they are removed`, async (t) => {
    const store = await (await prepare(t))();
    const schedule = {
      id: 's1',
      owner: 'ann',
      cron: '0 3 * * *',
      timeZone: 'UTC',
      request: { a: 1 },
      overlap: 'skip',
      lastWallMs: null,
      nextWallMs: 5,
    } as const;
    await store.putSchedule(schedule);
    await store.putSchedule({ ...schedule, lastWallMs: 5 });
    assert.deepEqual(await store.schedules(), [{ ...schedule, lastWallMs: 5 }]);
    await store.removeSchedule('s1');
    assert.deepEqual(await store.schedules(), []);
  });

  test(`${name}: history is bounded, and live jobs are no history`, async (t) => {
    const store = await (await prepare(t))();
    const jobs = manyJobs(30);
    const oldest = [...jobs.values()][0]!;
    Object.assign(oldest, { state: 'queued' });
    const told = Array.from({ length: 30 }, (_, index) => ({ event: `e${index}`, wallMs: 1 }));
    await store.commit(batchOf({ jobs, told }));
    const pruned = await store.prune({ jobsMax: 10, eventsMax: 10 });
    assert.equal(pruned.length, 19);
    const left = await store.jobs(ALL);
    assert.deepEqual([left.length, left.at(-1)?.id], [11, oldest.id]);
    assert.equal((await store.events({ after: 0, job: null, owner: null, limit: 100 })).length, 10);
  });
}

/** Jobs of two owners in all states, with a label of five values. */
export function manyJobs(count: number): Map<string, Job> {
  const states: JobState[] = ['completed', 'failed', 'cancelled'];
  const script = new Script(poolOf(0));
  const jobs = new Map<string, Job>();
  for (let index = 1; index <= count; index++) {
    const id = script.submit(specOf({ owner: index % 2 === 0 ? 'ann' : 'bob', labels: { kind: String(index % 5) } }));
    jobs.set(id, Object.assign(structuredClone(script.row(id)), { state: states[index % 3]!, endedWallMs: 1 }));
  }
  return jobs;
}
