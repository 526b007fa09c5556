// `npm run drill:servers -- [--trials 5] [--only NAME] [--under] [--json]`: drills real servers as they come, each with the
// command that is printed beside it, and prints the table of docs/drill.md. `--under`: the same under `lastcall run`.
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
    under: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

async function environmentOf({ service }: DrilledServer): Promise<NodeJS.ProcessEnv> {
  if (service === null) return process.env;
  return (await install(findService(service), (text) => process.stderr.write(`${service}: ${text}\n`))).env;
}

async function drill(server: DrilledServer): Promise<DrillReport> {
  const asked = values.under ? underRun(server) : server;
  const words = ['drill', '--cmd', asked.command, '--rate', '40', '--trials', values.trials, '--json', ...asked.words];
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

/** `lastcall run` listens in the server's stead, and has the readiness; the server gets the second port. */
function underRun({ command, words, ...rest }: DrilledServer): DrilledServer {
  const own = command.replaceAll('{health}', '0').replaceAll('{port}', '{health}');
  const run = `${process.execPath} ${BIN} run --listen 127.0.0.1:{port} --app-port {health} --ready tcp:{health} --state-dir {dir}/state`;
  const isHealth = (word: string | undefined): boolean => word === '--ready' || word === '--live';
  const kept = words.filter(
    (word, index) =>
      !isHealth(word) && !isHealth(words[index - 1]) && word !== '--signal' && words[index - 1] !== '--signal',
  );
  const signal = words.includes('--signal') ? ` --stop-signal SIG${words[words.indexOf('--signal') + 1]}` : '';
  return { ...rest, command: `${run}${signal} -- ${own}`, words: ['--ready', '/readyz', ...kept] };
}

/** Paths of this checkout are nobody else's business, and too long for a table. */
function shorten(text: string): string {
  return text
    .replaceAll(`${process.execPath} ${BIN}`, 'lastcall')
    .replaceAll(process.execPath, 'node')
    .replaceAll(`${join(ROOT, 'bench', 'servers', 'programs')}/ `, '. ')
    .replaceAll('--disable-warning=ExperimentalWarning ', '')
    .replaceAll(`${join(ROOT, 'bench', 'servers', 'programs')}/`, '')
    .replaceAll(join(ROOT, 'bench', 'servers', 'programs'), '.');
}

function rowOf(server: DrilledServer, report: DrillReport): string {
  const { name, command, words } = values.under ? underRun(server) : server;
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
