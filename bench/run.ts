// `npm run bench -- [NAME…] [--quick] [--json]`: every figure of docs/performance.md, each beside a peer or a baseline
// that was measured in the same run.
import { parseArgs } from 'node:util';
import type { CaseResult } from './measure.ts';
import { BENCHES } from './table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function print(result: CaseResult): void {
  if (values.json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const { ratio, ratioLow, ratioHigh, unit } = result;
  const counts = Object.entries(result.counts ?? {}).map(([name, count]) => `${name} ${count}`);
  process.stdout.write(
    `${result.bench} · ${result.case}\n` +
      `  ${result.subject}: ${result.subjectMedian} ${unit}   ${result.peer}: ${result.peerMedian} ${unit}   ` +
      `ratio ${ratio} (${ratioLow} … ${ratioHigh}), ${result.rounds} rounds` +
      `${counts.length > 0 ? `   ${counts.join(', ')}` : ''}\n`,
  );
}

async function main(): Promise<number> {
  const names = Object.keys(BENCHES);
  const wanted = positionals.length > 0 ? positionals : names;
  const unknown = wanted.filter((name) => !names.includes(name));
  if (values.help || unknown.length > 0) {
    const lines = Object.entries(BENCHES).map(([name, bench]) => `  ${name.padEnd(12)} ${bench.about}`);
    process.stderr.write(
      (unknown.length > 0 ? `bench: there is no ${unknown.join(', ')}\n` : '') +
        `npm run bench -- [NAME…] [--quick] [--json]\n${lines.join('\n')}\nExample: npm run bench -- shutdown --quick\n`,
    );
    return unknown.length > 0 ? 2 : 0;
  }
  for (const name of wanted) {
    for await (const result of BENCHES[name]!.run({ quick: values.quick })) print(result);
  }
  return 0;
}

process.exitCode = await main();
