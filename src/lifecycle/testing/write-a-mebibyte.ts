// Writes 1 MiB of numbered lines the way its argument says, flushes or not, and ends at once.
import assert from 'node:assert/strict';

import { pino } from 'pino';

import { flushPino } from '../log-pino.ts';
import { flushOutputs } from '../log.ts';
import type { Unit } from '../types.ts';

const [how = 'stdout', flush = 'flush'] = process.argv.slice(2);
const LINES = 8_192;
const FILL = 'x'.repeat(110);

/** Flushing needs nothing of the unit that it is used in. */
const unit = {} as Unit;

if (how === 'stdout') {
  for (let line = 0; line < LINES; line++) process.stdout.write(`${JSON.stringify({ line, fill: FILL })}\n`);
} else {
  const destination =
    how === 'transport'
      ? pino.transport({ target: 'pino/file', options: { destination: 1 } })
      : pino.destination({ dest: 1, sync: how === 'sync', minLength: how === 'buffered' ? 4_096 : 0 });
  const logger = pino({ base: null, timestamp: false }, destination).child({ fill: FILL });
  flushPino(logger).join(unit);
  for (let line = 0; line < LINES; line++) logger.info({ line });
}
if (flush === 'flush') assert.deepEqual(await flushOutputs(30_000), { complete: true, leftBytes: 0 });
// Pino has an exit hook that blocks until its reader has taken everything; a kill shows what the flush alone does.
if (how === 'stdout') process.exit(0);
process.kill(process.pid, 'SIGKILL');
