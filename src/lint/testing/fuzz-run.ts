// `node src/lint/testing/fuzz-run.ts [COUNT] [SEED]`: a campaign of COUNT inputs (100,000) for each parser.
import { fuzz, type ParserName, PARSERS } from './fuzz.ts';

const count = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? 1);
const LIMIT_MS = 10_000;

for (const parser of Object.keys(PARSERS) as ParserName[]) {
  const { inputs, slowestMs, findings } = fuzz(parser, count, seed, LIMIT_MS);
  process.stdout.write(
    `${parser}: ${inputs} inputs, ${findings} findings, slowest ${slowestMs.toFixed(0)} ms, no crash\n`,
  );
}
