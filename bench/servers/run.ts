// `npm run drill:servers -- [--trials 5] [--only NAME] [--json]`: drills real servers as they come, each with the command
// that is printed beside it, and prints the table of docs/drill.md.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { install } from '../../scripts/services/install.ts';
import { findService } from '../../scripts/services/table.ts';
import type { DrillReport } from '../../src/drill/report/report.ts';
import { type DrilledServer, SERVERS } from './table.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BIN = join(ROOT, 'bin', 'lastcall.js');
/** One server, all its trials. */
const MS_MAX = 20 * 60_000;

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});

async function environmentOf({ service }: DrilledServer): Promise<NodeJS.ProcessEnv> {
  if (service === null) return process.env;
  return (await install(findService(service), (text) => process.stderr.write(`${service}: ${text}\n`))).env;
}

async function drill(server: DrilledServer): Promise<DrillReport> {
  const words = [
    'drill',
    '--cmd',
    server.command,
    '--rate',
    '40',
    '--trials',
    values.trials,
    '--json',
    ...server.words,
  ];
  const env = await environmentOf(server);
  const { stdout, stderr } = spawnSync(process.execPath, [BIN, ...words], {
    encoding: 'utf8',
    env,
    timeout: MS_MAX,
    maxBuffer: 2 ** 28,
  });
  if (stdout === '') throw new Error(`${server.name}: ${stderr}`);
  return JSON.parse(stdout) as DrillReport;
}

/** Paths of this checkout are nobody else's business, and too long for a table. */
function shorten(text: string): string {
  return text
    .replaceAll(process.execPath, 'node')
    .replaceAll(`${join(ROOT, 'bench', 'servers', 'programs')}/ `, '. ')
    .replaceAll('--disable-warning=ExperimentalWarning ', '')
    .replaceAll(`${join(ROOT, 'bench', 'servers', 'programs')}/`, '')
    .replaceAll(join(ROOT, 'bench', 'servers', 'programs'), '.');
}

function rowOf({ name, command, words }: DrilledServer, report: DrillReport): string {
  const sum = (pick: (measures: DrillReport['measures']) => number | null): number =>
    report.runs.reduce((total, run) => total + (pick(run.measures) ?? 0), 0);
  const exits = report.runs.map((run) => run.measures.exitMs ?? Number.NaN).toSorted((a, b) => a - b);
  const codes = [...new Set(report.runs.map((run) => run.measures.exitCode))];
  const cells = [
    name,
    report.grade ?? report.verdict,
    `${sum((it) => it.dropped)} of ${sum((it) => it.inFlight)}`,
    codes.join(', '),
    `${(exits[Math.floor(exits.length / 2)]! / 1_000).toFixed(1)} s`,
    report.invalid?.what ?? (report.findings.map((it) => it.code).join(', ') || 'nothing'),
    `\`--cmd '${shorten(command)}' ${words.join(' ')}\``.replace(' `', '`'),
  ];
  return `| ${cells.join(' | ')} |`;
}

if (!values.json) {
  process.stdout.write(
    '| server | grade | dropped / in flight at the signal | exit code | exit after | reasons | `lastcall drill --rate 40 …` |\n|---|---|---|---|---|---|---|\n',
  );
}
for (const server of SERVERS.filter((it) => it.name.includes(values.only))) {
  const report = await drill(server);
  const { runs: _, ...rest } = report;
  process.stdout.write(
    values.json ? `${JSON.stringify({ server: server.name, ...rest })}\n` : `${rowOf(server, report)}\n`,
  );
}
