// The flights pipeline by the engine's own parts, without persistence: the same source, state, model, step and record view,
// but no database, no epochs, no outputs. What commits are measured against.
import { DatabaseSync } from 'node:sqlite';
import { SeededRandom } from '../../../src/base/random.ts';
import { createSlots } from '../../../src/stream/engines/embedded/slots.ts';
import { Place, StepContext } from '../../../src/stream/engines/embedded/step-context.ts';
import { StepRunner } from '../../../src/stream/engines/embedded/step-runner.ts';
import { START, type OpenSource, type Pipeline, type Position } from '../../../src/stream/index.ts';

/** As many as the engine asks for at once. */
const READ_RECORDS = 20_000;

/** @param folder for what the source may want to keep @returns the records processed */
export async function runUnpersisted(pipeline: Pipeline, folder: string): Promise<number> {
  using database = new DatabaseSync(':memory:');
  const place = new Place();
  const context = new StepContext(pipeline, place, new SeededRandom(pipeline.seed));
  await createSlots(pipeline, context, null);
  const sink = await pipeline.sink.open({ directory: folder, database, pipeline: pipeline.name });
  const runner = new StepRunner(pipeline, context, place, sink);
  const source = await pipeline.source.open({ directory: folder, database });
  try {
    return await processAll(source, runner);
  } finally {
    await source.close();
  }
}

async function processAll(source: OpenSource, runner: StepRunner): Promise<number> {
  const { signal } = new AbortController();
  let records = 0;
  // One read ahead, as the engine does.
  let reading = source.read(0, START, READ_RECORDS, signal);
  for (;;) {
    const batch = await reading;
    if (typeof batch === 'string') return records;
    const after: Position = batch.positionAfter(batch.length - 1);
    reading = source.read(0, after, READ_RECORDS, signal);
    await runner.run(batch, 0, batch.length);
    records += batch.length;
  }
}
