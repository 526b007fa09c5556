import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { http } from '../../sinks/index.ts';
import { receiver } from '../../sinks/http/testing.ts';
import { pipeline } from '../../pipeline.ts';
import type { OpenSink, Sink } from '../../ports.ts';
import { arraySource } from '../../testdata/array-source.ts';
import { tableSink } from '../../testdata/table-sink.ts';
import { temporaryDirectory } from '../../testing/engine.ts';
import { SinkGroup } from './sink-group.ts';
import { startPipeline } from './start.ts';

/** A sink that only says how far it has come. */
function member(reach: { committed: number; acknowledged: number }, identity: string): Sink<unknown> {
  return { kind: 'member', identity, schema: null, open: async () => ({ reach }) as unknown as OpenSink<unknown> };
}

test('what a group says is acknowledged is acknowledged by every member, and in the end all of it is', async () => {
  const move = fc.record({
    who: fc.integer({ min: 0, max: 2 }),
    what: fc.constantFrom('commit', 'acknowledge', 'ask'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 200 }), async (moves) => {
      const reaches = [0, 1, 2].map(() => ({ committed: 0, acknowledged: 0 }));
      const sinks = reaches.map((reach, index) => member(reach, String(index)));
      const group = await SinkGroup.open([tableSink(), ...sinks], {} as never);
      /** What each had committed when the group gave a number. */
      const asked: { number: number; committed: number[] }[] = [];
      const ask = (): void => {
        const { committed, acknowledged } = group.reach;
        asked.push({ number: committed, committed: reaches.map((reach) => reach.committed) });
        for (const { number, committed: then } of asked) {
          if (number > acknowledged) continue;
          assert.ok(
            then.every((at, index) => at <= reaches[index]!.acknowledged),
            `${number} of ${acknowledged}`,
          );
        }
      };
      for (const { who, what } of moves) {
        const reach = reaches[who]!;
        if (what === 'commit') reach.committed += 1;
        else if (what === 'acknowledge') reach.acknowledged = Math.min(reach.committed, reach.acknowledged + 1);
        else ask();
      }
      ask();
      for (const reach of reaches) reach.acknowledged = reach.committed;
      const { committed, acknowledged } = group.reach;
      assert.equal(acknowledged, committed);
    }),
    { numRuns: 200 },
  );
});

test('a record is not finished before the outside has acknowledged what its parts gave', async (t) => {
  const other = await receiver(t);
  let takes = 15;
  other.answer = (_, response) => {
    takes -= 1;
    response.writeHead(takes < 0 ? 503 : 204, takes < 0 ? { 'retry-after': '0' } : {}).end();
  };
  const stateDir = await temporaryDirectory(t);
  const rows = Array.from({ length: 40 }, (_, id) => ({ id }));
  const defined = pipeline('parts-outside', {
    source: arraySource([rows]),
    process: ({ id }) => ({ id }),
    sink: tableSink(),
    parts: {
      tell: {
        whileStopped: 'park',
        process: ({ id }) => ({ id }),
        sink: http<{ id: number }>(other.url, { backoff: 1, backoffMax: 5, retries: 1_000 }),
      },
    },
    commit: { records: 10, every: '1h' },
    archive: 'never',
  });
  const quiet = { ownsProcess: false, log: false, control: false, stateDir } as const;
  const first = await startPipeline(defined, { ...quiet, grace: '3s', drainCap: 300 });
  const { work, exitCode } = await first.ended;
  assert.deepEqual([work.accepted, work.finished + work.returned, exitCode], [40, 40, 100]);
  assert.ok(work.finished <= 15, `${work.finished} finished`);
  takes = Number.POSITIVE_INFINITY;
  const second = await (await startPipeline(defined, quiet)).ended;
  assert.deepEqual([second.exitCode, new Set(other.received.map(({ key }) => key)).size], [0, 40]);
});
