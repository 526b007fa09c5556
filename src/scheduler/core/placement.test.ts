import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poolOf, Script, specOf } from '../testing/script.ts';

test('jobs of one owner start in the order in which they came', () => {
  const script = new Script(poolOf(1));
  const first = script.start(specOf());
  const second = script.submit(specOf());
  const third = script.submit(specOf());
  script.exit(first);
  script.prove();
  assert.deepEqual(
    [first, second, third].map((id) => script.stateOf(id)),
    ['completed', 'starting', 'queued'],
  );
});

test('a higher priority goes first, whoever came before', () => {
  const script = new Script(poolOf(1));
  const running = script.start(specOf({ preemptible: false }));
  const low = script.submit(specOf());
  const high = script.submit(specOf({ priority: 5 }));
  script.exit(running);
  script.prove();
  assert.deepEqual([script.stateOf(low), script.stateOf(high)], ['queued', 'starting']);
});

test('among equals it is the turn of the owner that has used least', () => {
  const script = new Script(poolOf(1));
  const ann = script.start(specOf({ owner: 'ann' }));
  const annAgain = script.submit(specOf({ owner: 'ann' }));
  const bob = script.submit(specOf({ owner: 'bob' }));
  script.pass(3_600_000);
  script.exit(ann);
  script.prove();
  assert.deepEqual([script.stateOf(annAgain), script.stateOf(bob)], ['queued', 'starting']);
});

test('use from long ago weighs less: a half-life later half of it', () => {
  const script = new Script(poolOf(1), { halfLifeMs: 1_000 });
  const ann = script.start(specOf({ owner: 'ann' }));
  script.pass(60_000);
  script.exit(ann);
  script.prove();
  script.pass(60_000); // sixty half-lives: nothing is left of it
  const bob = script.start(specOf({ owner: 'bob' }));
  script.pass(100);
  const annNext = script.submit(specOf({ owner: 'ann' }));
  const bobNext = script.submit(specOf({ owner: 'bob' }));
  script.exit(bob);
  script.prove();
  assert.deepEqual([script.stateOf(annNext), script.stateOf(bobNext)], ['starting', 'queued']);
});

test('one owner does not take everything in the moment in which all are equal', () => {
  const script = new Script(poolOf(0));
  for (let index = 0; index < 8; index++) script.submit(specOf({ owner: 'ann' }));
  const bobs = [script.submit(specOf({ owner: 'bob' })), script.submit(specOf({ owner: 'bob' }))];
  script.feed({ type: 'poolFound', pool: poolOf(4) });
  assert.deepEqual(
    bobs.map((id) => script.stateOf(id)),
    ['starting', 'starting'],
  );
});

test('a large job that waits is not passed by others that would delay it', () => {
  const script = new Script(poolOf(4));
  script.start(specOf({ request: { gpus: 2 }, timeoutMs: 100_000 }));
  const large = script.submit(specOf({ request: { gpus: 4 }, owner: 'bob' }));
  const endless = script.submit(specOf({ request: { gpus: 2 }, owner: 'cy' }));
  assert.deepEqual([script.stateOf(large), script.stateOf(endless)], ['queued', 'queued']);
});

test('what ends before the large job can start may go first', () => {
  const script = new Script(poolOf(4));
  script.start(specOf({ request: { gpus: 2 }, timeoutMs: 100_000, graceMs: 0 }));
  script.submit(specOf({ request: { gpus: 4 }, owner: 'bob' }));
  const short = script.submit(specOf({ request: { gpus: 2 }, owner: 'cy', timeoutMs: 90_000, graceMs: 0 }));
  assert.equal(script.stateOf(short), 'starting');
});

test('what the large job will not need may go first, however long it takes', () => {
  const script = new Script(poolOf(4));
  script.start(specOf({ request: { gpus: 3 }, timeoutMs: 100_000 }));
  script.submit(specOf({ request: { gpus: 3 }, owner: 'bob' }));
  const endless = script.submit(specOf({ request: { gpus: 1 }, owner: 'cy' }));
  assert.equal(script.stateOf(endless), 'starting');
});

test('without declared ends small jobs go on, until the large one starves: then nothing passes it', () => {
  const script = new Script(poolOf(4), { starvingMs: 600_000 });
  const blocker = script.start(specOf({ request: { gpus: 2 } }));
  const large = script.submit(specOf({ request: { gpus: 4 }, owner: 'bob' }));
  const early = script.start(specOf({ request: { gpus: 1 }, owner: 'cy' }));
  assert.equal(script.stateOf(early), 'running');
  script.pass(600_001);
  script.exit(early);
  script.prove();
  const late = script.submit(specOf({ request: { gpus: 1 }, owner: 'cy' }));
  assert.equal(script.stateOf(late), 'queued');
  script.exit(blocker);
  script.prove();
  assert.equal(script.stateOf(large), 'starting');
});

test('a gang gets all that it asked for, or nothing', () => {
  const script = new Script(poolOf(4));
  const one = script.start(specOf());
  const gang = script.submit(specOf({ replicas: 4 }));
  assert.equal(script.stateOf(gang), 'queued');
  script.exit(one);
  script.prove();
  assert.equal(script.stateOf(gang), 'starting');
  assert.equal(new Set(script.gpusOf(gang)).size, 4);
});

test('GPUs of one NUMA node are preferred, and of the one that is left with least', () => {
  const script = new Script(poolOf(8, { perNuma: 4 }));
  script.start(specOf({ request: { gpus: 3 } }));
  const pair = script.start(specOf({ request: { gpus: 2 } }));
  assert.deepEqual(script.gpusOf(pair), ['gpu:4', 'gpu:5']);
  const single = script.start(specOf());
  assert.deepEqual(script.gpusOf(single), ['gpu:3']);
});

test('ports are handed out by name, each once', () => {
  const script = new Script(poolOf(4));
  const ids = [0, 1].map(() => script.start(specOf({ request: { ports: ['HTTP', 'RPC'] } })));
  const ports = ids.flatMap((id) => Object.values(script.run(id).members[0]!.ports));
  assert.deepEqual(ports, [20_000, 20_001, 20_002, 20_003]);
});

test('at most so many jobs of an array run at once', () => {
  const script = new Script(poolOf(8));
  const ids = [0, 1, 2, 3].map((index) => script.submit(specOf({ array: { id: 'a', index, atOnceMax: 2 } })));
  assert.deepEqual(
    ids.map((id) => script.stateOf(id)),
    ['starting', 'starting', 'queued', 'queued'],
  );
  script.spawn();
  script.exit(ids[0]!);
  script.prove();
  assert.equal(script.stateOf(ids[2]!), 'starting');
});

test('an owner at its limit waits, and others go on', () => {
  const limits = { ann: { runningGpusMax: 1, runningJobsMax: null, queuedJobsMax: null, weight: 1 } };
  const script = new Script(poolOf(4), { limits });
  script.start(specOf({ owner: 'ann' }));
  const ann = script.submit(specOf({ owner: 'ann' }));
  const bob = script.submit(specOf({ owner: 'bob' }));
  assert.deepEqual([script.stateOf(ann), script.stateOf(bob)], ['queued', 'starting']);
});

test('an owner of twice the weight gets twice as much', () => {
  const limits = { ann: { runningGpusMax: null, runningJobsMax: null, queuedJobsMax: null, weight: 2 } };
  const script = new Script(poolOf(0), { limits });
  for (let index = 0; index < 9; index++) {
    script.submit(specOf({ owner: 'ann' }));
    script.submit(specOf({ owner: 'bob' }));
  }
  script.feed({ type: 'poolFound', pool: poolOf(9) });
  const owners = [...script.state.runs.values()].map((run) => run.owner);
  assert.equal(owners.filter((owner) => owner === 'ann').length, 6);
});

test('a GPU on which somebody else computes is not handed out, and comes back when it is left alone', () => {
  const script = new Script(poolOf(1));
  script.feed({ type: 'foreignSeen', gpus: { 'gpu:0': 'pid 4711 of eve' } });
  const job = script.submit(specOf());
  assert.equal(script.stateOf(job), 'queued');
  script.feed({ type: 'foreignSeen', gpus: {} });
  assert.equal(script.stateOf(job), 'starting');
});

test('the same queue, pool and time give the same placement', () => {
  const placed = () => {
    const script = new Script(poolOf(6));
    for (let index = 0; index < 20; index++) {
      const request = { gpus: 1 + (index % 3) };
      script.submit(specOf({ owner: `owner-${index % 4}`, request, priority: index % 2 }));
    }
    return [...script.state.runs.values()].map((run) => [run.id, run.members.map(({ gpus }) => gpus)]);
  };
  assert.deepEqual(placed(), placed());
});
