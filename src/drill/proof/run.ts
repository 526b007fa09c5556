// `npm run drill:proof -- --each N --correct N --seed S --json`: proof that `lastcall drill` judges rightly.
import { parseArgs } from 'node:util';
import { prove, type Tally } from './prove.ts';

const HELP = `npm run drill:proof -- [--each 20] [--correct 200] [--seed 1] [--places 2] [--only NAME] [--json]
Drills small services that each make one known mistake, and some that make none. Exit 0 only if every mistake is found
in every run and no correct service is accused.
Example: npm run drill:proof -- --each 1 --correct 6 --only exits-at-once
`;

const { values } = parseArgs({
  options: {
    each: { type: 'string', default: '20' },
    correct: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    places: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  process.stderr.write(`drill:proof: --${name} is a whole number from ${least}, not ${text}\n\n${HELP}`);
  process.exit(2);
}

function rows(tallies: readonly Tally[]): string {
  return tallies
    .map(
      (it) =>
        `${it.name.padEnd(36)} ${it.right} of ${it.runs}${it.void > 0 ? `   (${it.void} more showed nothing)` : ''}`,
    )
    .join('\n');
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const seed = whole('seed', values.seed, 0);
  const proof = await prove({
    each: whole('each', values.each, 0),
    correct: whole('correct', values.correct, 0),
    seed,
    places: whole('places', values.places, 1),
    named: values.only,
    progress: (text) => process.stderr.write(`${text}\n`),
  });
  const all = [...proof.mistakes, ...proof.correct];
  for (const { name, wrong } of all) for (const said of wrong) process.stderr.write(`wrong: ${name}: ${said}\n`);
  const sum = (tallies: readonly Tally[], pick: 'runs' | 'right'): number =>
    tallies.reduce((total, it) => total + it[pick], 0);
  const trials = sum(all, 'runs');
  const violations = trials - sum(all, 'right');
  const accused = sum(proof.correct, 'runs') - sum(proof.correct, 'right');
  const summary = {
    drill: 'proof',
    trials,
    seed,
    mistakes: sum(proof.mistakes, 'runs'),
    found: sum(proof.mistakes, 'right'),
    correct: sum(proof.correct, 'runs'),
    accused,
    violations,
    bound95: Number((3 / Math.max(1, trials)).toPrecision(3)),
    ok: proof.ok,
  };
  process.stdout.write(
    values.json
      ? `${JSON.stringify(summary)}\n`
      : `found:\n${rows(proof.mistakes)}\n\nnot accused:\n${rows(proof.correct)}\n\n${violations} of ${trials} judged wrongly\n${proof.ok ? 'ok' : 'NOT OK'}\n`,
  );
  return proof.ok ? 0 : 1;
}

process.exitCode = await main();
