import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { LastcallError } from '../base/errors.ts';
import { temporaryDirectory } from '../base/files/testing/temporary-directory.ts';
import type { SchedulerStore } from './store/port.ts';
import { openSqliteStore } from './store/sqlite.ts';
import { realScheduler } from './testing/real.ts';

/** A store whose commits fail while `full` holds. */
function failing(store: SchedulerStore, full: () => boolean): SchedulerStore {
  const commit: SchedulerStore['commit'] = (batch) =>
    full()
      ? Promise.reject(
          new LastcallError('disk_full', { what: 'no space left', on: 'the store', todo: 'Free some space.' }),
        )
      : store.commit(batch);
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'commit') return commit;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

test('on a full disk submits are refused and nothing is half taken; what runs goes on, and all is well when there is space', async (t) => {
  const stateDir = temporaryDirectory(t);
  let full = false;
  const store = failing(openSqliteStore(stateDir, 'unit_test'), () => full);
  const real = await realScheduler(t, { stateDir, store });
  const running = await real.submit({
    argv: ['/bin/sh', '-c', 'while [ ! -e go ]; do sleep 0.05; done'],
    cwd: stateDir,
  });
  await real.reaches(running.id, 'running');
  full = true;
  await assert.rejects(real.submit({}), (error) => error instanceof LastcallError && error.code === 'disk_full');
  await assert.rejects(real.submit({}), /no space left/);
  assert.deepEqual(
    (await real.scheduler.jobs()).map(({ id }) => id),
    [running.id],
  );
  await real.submit({}).catch(() => undefined);
  // It ends while nothing can be written down.
  writeFileSync(`${stateDir}/go`, '');
  full = false;
  await real.reaches(running.id, 'completed');
  const after = await real.submit({});
  await real.reaches(after.id, 'completed');
  assert.equal((await real.scheduler.jobs()).length, 2);
});
