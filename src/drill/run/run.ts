// `npm run drill:run -- --trials N --seed S --rate R --json`: SIGTERM to `lastcall run --listen` under load, again and again,
// with a polite balancer before it. The server behind it drops everything when it is signalled, so whatever is finished is
// so because of the front. Counts come from two sides that know nothing of each other: the load, and the reports.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Report } from '../../lifecycle/index.ts';
import type { DrillReport } from '../report/report.ts';

const HELP = `npm run drill:run -- [--trials 20] [--seed 1] [--rate 200] [--own cgroup|namespace|group] [--json]
Sends SIGTERM to \`lastcall run --listen\` under load, and counts what was dropped, cut, lost or left behind.
Example: npm run drill:run -- --trials 500
`;

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '200' },
    own: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const BIN = join(import.meta.dirname, '..', '..', '..', 'bin', 'lastcall.js');
const SERVER = join(import.meta.dirname, 'server.ts');

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  process.stderr.write(`drill:run: --${name} is a whole number from 1, not ${text}\n\n${HELP}`);
  process.exit(2);
}

function drillWords(trials: number, seed: number, rate: number, stateDir: string): string[] {
  const own = values.own === '' ? [] : ['--own', values.own];
  // The drill gives what it starts an environment of its own.
  const run = [
    'env',
    'LASTCALL_GRACE=60s',
    process.execPath,
    BIN,
    'run',
    '--quiet',
    '--state-dir',
    stateDir,
    '--announce-cap',
    '2s',
    ...own,
  ];
  const server = ['--listen', '{port}', '--app-port', '{health}', '--', process.execPath, SERVER, '{health}'];
  const cmd = [...run, ...server].map((word) => `'${word}'`).join(' ');
  const load = ['--http', '/work', '--ready', '/readyz', '--live', '/livez', '--rate', String(rate)];
  return ['drill', '--cmd', cmd, ...load, '--trials', String(trials), '--seed', String(seed), '--json'];
}

async function drill(words: readonly string[]): Promise<DrillReport> {
  const child = spawn(process.execPath, [BIN, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) text += chunk.toString();
  return JSON.parse(text) as DrillReport;
}

function reportsIn(stateDir: string): readonly Report[] {
  const directory = join(stateDir, 'reports');
  const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
  return names.map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Report);
}

/** What a report says against itself: one sentence each. */
function complaints({ unit, work, released, outcome, exitCode }: Report): string[] {
  const found: string[] = [];
  const { accepted, finished, returned, lost, unknown } = work;
  if (accepted !== finished + returned + lost + unknown) found.push('its account does not add up');
  if (lost + unknown > 0) found.push(`${lost} lost, ${unknown} unknown`);
  if (released.proven === false) found.push(`not proven released: ${released.processes.survivors.join(', ')}`);
  if (outcome !== 'clean' || exitCode !== 0) found.push(`${outcome}, exit code ${exitCode}`);
  return found.map((text) => `${unit.instance}: ${text}`);
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const trials = whole('trials', values.trials);
  const seed = whole('seed', values.seed);
  const stateDir = mkdtempSync(join(tmpdir(), 'lastcall-drill-run-'));
  try {
    const report = await drill(drillWords(trials, seed, whole('rate', values.rate), stateDir));
    const reports = reportsIn(stateDir);
    const violations = reports.flatMap(complaints);
    if (reports.length !== report.trials) violations.push(`${reports.length} reports of ${report.trials} runs`);
    for (const finding of report.findings) violations.push(`${finding.code}: ${finding.what}`);
    if (report.invalid) violations.push(`the drill shows nothing: ${report.invalid.what}`);
    const sum = (pick: (run: DrillReport['runs'][number]) => number | null) =>
      report.runs.reduce((total, run) => total + (pick(run) ?? 0), 0);
    const finished = sum((run) => run.measures.finished);
    const booked = reports.reduce((total, { work }) => total + work.finished, 0);
    // Two books, kept by two who do not know each other.
    if (booked !== finished) violations.push(`the load saw ${finished} whole answers, the reports say ${booked}`);
    const result = {
      drill: 'run',
      trials: report.trials,
      seed,
      faults: report.faults,
      faultsOnWorkInFlight: report.faultsOnWorkInFlight,
      finished,
      dropped: sum((run) => run.measures.dropped),
      lost: reports.reduce((total, { work }) => total + work.lost + work.unknown, 0),
      doubled: report.doubled,
      leaked: report.leaked,
      violations: violations.length,
      bound95: report.bound95,
      ok: report.ok && violations.length === 0,
    };
    for (const violation of violations) process.stderr.write(`violation: ${violation}\n`);
    if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else {
      process.stdout.write(
        `${result.faults} SIGTERM, ${result.faultsOnWorkInFlight} of them on work in flight (seed ${seed})\n` +
          `${result.finished} whole answers, ${result.dropped} dropped or cut; reports: ${result.lost} lost, ${result.leaked} left behind, ` +
          `${violations.length} violations\n${result.ok ? 'ok' : 'NOT OK'}\n`,
      );
    }
    return result.ok ? 0 : 1;
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

process.exitCode = await main();
