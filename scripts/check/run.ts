// `npm run check [-- STEP…] [--update]`: every step runs, also after another failed; two at a time. Exit 0 only if all
// are fine. `--update` writes the snapshot of the public types anew.
import { parseArgs } from 'node:util';
import type { Step, Verdict } from './step.ts';
import { STEPS } from './steps.ts';

const PLACES = 2;

interface Outcome extends Verdict {
  name: string;
  ms: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { update: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => STEPS.every((step) => step.name !== name));
if (unknown.length > 0) {
  process.stderr.write(
    `check: no step ${unknown.join(', ')}; there are: ${STEPS.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}

async function judge(step: Step): Promise<Outcome> {
  const started = performance.now();
  const verdict = await step.run({ snapshots: values.update ? 'update' : 'compare' }).catch((error: unknown) => ({
    ok: false,
    output: error instanceof Error ? error.message : String(error),
  }));
  return { name: step.name, ms: performance.now() - started, ...verdict };
}

const queue = STEPS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const outcomes: Outcome[] = [];
async function work(): Promise<void> {
  for (let step = queue.shift(); step; step = queue.shift()) {
    const outcome = await judge(step);
    outcomes.push(outcome);
    if (!outcome.ok) process.stdout.write(`\n── ${outcome.name}\n${outcome.output.trimEnd()}\n`);
  }
}
await Promise.all(Array.from({ length: PLACES }, work));

process.stdout.write('\n');
for (const { name, ok, ms } of outcomes) {
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${(ms / 1_000).toFixed(1)} s\n`);
}
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
