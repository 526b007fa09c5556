// A pipeline for tests of dead letters: one step that fails for some records, and a sink that refuses everything. The
// address of the sink comes from SINK_URL.
import { http } from '../../stream/sinks/index.ts';
import { fromIterable } from '../../stream/sources/index.ts';
import { pipeline } from '../../stream/index.ts';

export default pipeline('refused', {
  source: fromIterable('numbers', [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]),
  onError: { retries: 1, then: 'dead-letter' },
  process({ n }) {
    if (n === 2) throw new Error('two is not wanted');
    return { n };
  },
  sink: http<{ n: number }>(process.env['SINK_URL']!, { name: 'sink' }),
});
