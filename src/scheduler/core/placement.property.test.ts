import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { poolOf, Script, specOf } from '../testing/script.ts';

const job = fc.record({
  owner: fc.constantFrom('ann', 'bob', 'cy'),
  priority: fc.integer({ min: 0, max: 2 }),
  gpus: fc.integer({ min: 0, max: 4 }),
  replicas: fc.integer({ min: 1, max: 3 }),
  cpus: fc.integer({ min: 0, max: 30 }),
  ports: fc.integer({ min: 0, max: 2 }),
  timeoutMs: fc.option(fc.integer({ min: 1_000, max: 100_000 })),
});
const small = (gpus: number, timeoutMs: number) => {
  const owner = 'ann' as const;
  return { owner, priority: 0, gpus, replicas: 1, cpus: 0, ports: 0, timeoutMs };
};
const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ submit: job }) },
  { weight: 3, arbitrary: fc.record({ end: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: 200_000 }) }) },
);

test('whatever is submitted and ends, nothing is given to two at once, and no machine is overfull', () => {
  fc.assert(
    fc.property(fc.array(happening, { minLength: 1, maxLength: 60 }), (happenings) => {
      const script = new Script(poolOf(6, { perNuma: 3 }));
      for (const what of happenings) {
        if ('submit' in what) {
          const { gpus, cpus, ports, ...rest } = what.submit;
          const names = Array.from({ length: ports }, (_, index) => `P${index}`);
          script.submit(specOf({ ...rest, request: { gpus, cpus, ports: names } }));
          script.spawn();
        } else if ('pass' in what) script.pass(what.pass);
        else {
          const runs = [...script.state.runs.values()].filter(({ phase }) => phase === 'running');
          const run = runs[what.end % Math.max(1, runs.length)];
          if (run) script.exit(run.job);
        }
        script.prove();
        script.spawn();
        const members = [...script.state.runs.values()].flatMap((run) => run.members);
        const held = members.flatMap(({ gpus, ports }) => [...gpus, ...Object.values(ports)]);
        assert.equal(new Set(held).size, held.length);
        assert.ok(members.reduce((sum, { cpus }) => sum + cpus, 0) <= 64);
        for (const run of script.state.runs.values()) {
          const { spec } = script.state.job(run.job);
          const mains = run.members.filter(({ role }) => role === 'main');
          assert.equal(mains.length, spec.replicas);
          for (const { gpus } of mains) assert.equal(gpus.length, spec.request.gpus);
        }
      }
    }),
    { numRuns: 150 },
  );
});

test('a job with a reserved time starts by then, whatever small jobs come meanwhile', () => {
  fc.assert(
    fc.property(fc.array(job, { maxLength: 20 }), fc.integer({ min: 1, max: 3 }), (others, held) => {
      const script = new Script(poolOf(4));
      script.start(specOf({ request: { gpus: held }, timeoutMs: 50_000, graceMs: 1_000, preemptible: false }));
      const large = script.submit(specOf({ request: { gpus: 4 }, owner: 'large', priority: 1 }));
      const { untilMs } = script.state.head!;
      for (const other of others) {
        script.submit(
          specOf({ owner: other.owner, request: { gpus: other.gpus }, timeoutMs: other.timeoutMs, graceMs: 0 }),
        );
        script.spawn();
      }
      // Everybody uses up all the time that was declared; this loop is late by half a second for each.
      while (script.atMs < untilMs! && script.stateOf(large) === 'queued') {
        script.pass(500);
        for (const { run } of script.take('signal'))
          script.exit(run.slice(0, run.lastIndexOf('/')), { signal: 'SIGTERM' });
        script.prove();
        script.spawn();
      }
      assert.notEqual(script.stateOf(large), 'queued');
    }),
    {
      numRuns: 100,
      // The second fits only if the time is reserved anew when the run that is waited for is asked to end.
      examples: [[[small(1, 44_001), small(3, 6_501)], 1]],
    },
  );
});
