// `node src/lint/testing/fuzz-run.ts [COUNT] [SEED] [PARSER…]`: a campaign of COUNT inputs (100,000) for each parser.
import { fuzz, type ParserName, PARSERS } from './fuzz.ts';

const count = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? 1);
const LIMIT_MS = 10_000;

const names = process.argv.slice(4) as ParserName[];
for (const parser of names.length > 0 ? names : (Object.keys(PARSERS) as ParserName[])) {
  const { inputs, slowestMs, findings } = fuzz(parser, count, seed, LIMIT_MS);
  process.stdout.write(
    `${parser}: ${inputs} inputs, ${findings} findings, slowest ${slowestMs.toFixed(0)} ms of CPU, no crash\n`,
  );
}
