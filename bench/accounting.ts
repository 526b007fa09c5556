// What counting one request costs: accept and finish by id, against adding to and deleting from a Set, the least that any
// accounting by id has to do.
import { unit } from '../src/lifecycle/index.ts';
import { pair } from './measure.ts';
import type { Bench } from './table.ts';

const IN_FLIGHT = 64;

export const accounting: Bench = {
  about: 'in-flight accounting of one request, nanoseconds',
  async *run({ quick }) {
    const requests = quick ? 200_000 : 1_000_000;
    await using api = unit('bench-accounting', { ownsProcess: false, control: false, log: false });
    const ids = Array.from({ length: IN_FLIGHT }, (_, index) => `GET /predict #${index}`);
    const set = new Set<string>();
    yield await pair(
      {
        name: 'lastcall',
        measure: async () =>
          timed(requests, (index) => {
            const id = ids[index % IN_FLIGHT]!;
            api.work.accept(id);
            api.work.finish(id);
          }),
      },
      {
        name: 'Set add + delete',
        measure: async () =>
          timed(requests, (index) => {
            const id = ids[index % IN_FLIGHT]!;
            set.add(id);
            set.delete(id);
          }),
      },
      { bench: 'accounting', case: 'accept + finish one request', unit: 'ns', rounds: quick ? 5 : 15 },
    );
  },
};

function timed(times: number, run: (index: number) => void): number {
  const startedMs = performance.now();
  for (let index = 0; index < times; index++) run(index);
  return ((performance.now() - startedMs) / times) * 1e6;
}
