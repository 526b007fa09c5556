// Real processes with something stopped alone that are killed and damaged: what was parked comes back with the state, be it
// its own or an archive's, and in the end each branch has had every record once, in order.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { SeededRandom } from '../../../base/random.ts';
import { controlOf } from '../../../lifecycle/control/client.ts';
import { Program } from '../../../lifecycle/testing/program.ts';
import { until } from '../../../lifecycle/testing/until.ts';
import { arraySource } from '../../testdata/array-source.ts';
import { branching, items } from '../../testing/branching.ts';
import { branchesLeft } from '../../testing/branching-left.ts';
import type { BranchingProgram } from '../../testing/branching-program.ts';
import { runToEnd, temporaryDirectory } from '../../testing/engine.ts';
import { truncate } from '../../testing/files.ts';
import { DATABASE, pipelineDirectory } from './place.ts';

const RECORDS = 2_500;
const SCOPES = ['part:audit', 'model:price'];

function program(test: TestContext, before?: Program): Program {
  const module = new URL('../../testing/branching-program.ts', import.meta.url).href;
  const given: BranchingProgram = {
    records: RECORDS,
    everyMs: 3,
    unit: { grace: '20s' },
    archive: { everyRecords: RECORDS },
  };
  const code = `const { runBranching } = await import('${module}'); await runBranching(${JSON.stringify(given)});`;
  return new Program(test, code, before === undefined ? {} : { stateDir: before.stateDir });
}

const directoryOf = ({ stateDir }: Program): string => pipelineDirectory(stateDir, 'branching');
const control = ({ stateDir }: Program): ReturnType<typeof controlOf> => controlOf(stateDir, 'branching');

async function epochs(running: Program, more: number): Promise<void> {
  const before = running.said.length;
  await until(() => running.said.length >= before + more, `${more} epochs`);
}

async function kill(running: Program): Promise<void> {
  running.signal('SIGKILL');
  await running.ended;
}

async function begun(running: Program): Promise<void> {
  await running.logs('ready');
  await running.says('epoch 1');
}

/** Everything is brought back, and the program comes to its end: as if nothing had been. */
async function endsAsUndisturbed(t: TestContext, last: Program): Promise<void> {
  const { details } = await (await control(last)).status();
  for (const scope of details['stopped'] as string[]) await (await control(last)).send('POST', '/start', { scope });
  assert.deepEqual(await last.ended, { code: 0, signal: null });
  const calm = await temporaryDirectory(t);
  await runToEnd(branching(arraySource([items(0, RECORDS)])), calm);
  assert.deepEqual(branchesLeft(directoryOf(last)), branchesLeft(calm));
}

test('an archive that was made while something was stopped gives it back stopped, with what was parked', async (t) => {
  const first = program(t);
  await begun(first);
  const steering = await control(first);
  for (const scope of SCOPES) await steering.stop({ scope }, 20_000);
  await epochs(first, 3);
  const archived = (await steering.send('POST', '/checkpoint')) as { id: string };
  await epochs(first, 3);
  await kill(first);
  truncate(join(directoryOf(first), `${DATABASE}-wal`), 20_000);
  const second = program(t, first);
  const restored = await second.logs('restored');
  assert.deepEqual([restored['from'], restored['stepsBack']], [archived.id, 1]);
  const { details } = await (await control(second)).status();
  assert.deepEqual(details['stopped'], [...SCOPES].sort());
  const parked = details['parked'] as Record<string, number>;
  assert.ok(parked['part:audit']! > 0 && parked['step']! > 0, JSON.stringify(parked));
  await begun(second);
  await endsAsUndisturbed(t, second);
});

test('kill -9 while things are stopped, started and worked off, in any order, loses and repeats nothing', async (t) => {
  const random = new SeededRandom(7);
  let one = program(t);
  for (let round = 0; round < 4; round++) {
    await begun(one);
    const steering = await control(one);
    const { details } = await steering.status();
    for (const scope of SCOPES) {
      if (random.below(2) === 0) continue;
      if ((details['stopped'] as string[]).includes(scope)) await steering.send('POST', '/start', { scope });
      else await steering.stop({ scope }, 20_000);
    }
    await epochs(one, random.below(4));
    await kill(one);
    one = program(t, one);
  }
  await begun(one);
  await endsAsUndisturbed(t, one);
});
