// Reconciling a task log beside the scripts that people write for it: jq and Miller, each finding the tasks that started and have
// no end. Whole processes on one core; all three have to find the same number.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { install } from '../../scripts/services/install.ts';
import { findService } from '../../scripts/services/table.ts';
import { installPackage } from '../installed.ts';
import { quantile, summarise } from '../measure.ts';
import { PINNED } from '../program.ts';
import type { Bench } from '../table.ts';
import { makeLog } from './make-log.ts';

const SEED = 1;
const OUTPUT_BYTES_MAX = 2 ** 30;

const JQ = `reduce inputs as $line ({}; if $line.status == "started" then .[$line.task_id] = 1
  elif $line.status == "completed" then del(.[$line.task_id]) else . end) | length`;
const MILLER = `@state[$task_id] = $status; end { n = 0; for (k, v in @state) { if (v == "started") { n += 1 } } print n }`;

interface Ran {
  readonly wallMs: number;
  readonly peakMB: number;
  readonly found: number;
}

export const reconcile: Bench = {
  about: 'reconcile: a task log beside jq and Miller, one core',
  async *run({ quick }) {
    const size = quick ? { lines: 300_000, open: 3_000 } : { lines: 10_000_000, open: 100_000 };
    const folder = mkdtempSync(join(tmpdir(), 'lastcall-bench-'));
    try {
      const own = installPackage(folder);
      const { env } = await install(findService('log-scripts'), (text) =>
        process.stderr.write(`log-scripts: ${text}\n`),
      );
      const log = join(folder, 'tasks.jsonl');
      const bytes = makeLog(log, size, SEED);
      const rounds = quick ? 3 : 1;
      const peers: Record<string, readonly string[]> = {
        jq: ['jq', '-n', JQ, log],
        miller: ['mlr', '--ijson', '--ojson', 'put', '-q', MILLER, log],
      };
      const results = new Map<string, Ran[]>([
        ['lastcall', []],
        ...Object.keys(peers).map((name) => [name, []] as [string, Ran[]]),
      ]);
      for (let round = 0; round < rounds; round++) {
        results.get('lastcall')!.push(ours(own, log, folder, round));
        for (const [name, words] of Object.entries(peers)) results.get(name)!.push(theirs(words, env));
      }
      const found = new Set([...results.values()].flat().map((ran) => ran.found));
      if (found.size !== 1) throw new Error(`they do not find the same: ${[...found].join(', ')}`);
      const of = (name: string, pick: (ran: Ran) => number): number[] => results.get(name)!.map(pick);
      for (const name of Object.keys(peers)) {
        const options = {
          bench: 'reconcile',
          case: `${size.lines} lines, ${Math.round(bytes / 1e6)} MB`,
          unit: 'ms',
          rounds,
        };
        const result = summarise(
          'lastcall reconcile',
          name,
          of('lastcall', (ran) => ran.wallMs),
          of(name, (ran) => ran.wallMs),
          options,
        );
        const peakMB = quantile(
          of('lastcall', (ran) => ran.peakMB),
          0.5,
        );
        yield {
          ...result,
          counts: {
            found: [...found][0]!,
            peakMB,
            peerPeakMB: quantile(
              of(name, (ran) => ran.peakMB),
              0.5,
            ),
          },
        };
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function ours(own: string, log: string, folder: string, round: number): Ran {
  const state = join(folder, `state-${round}`);
  const words = [process.execPath, join(own, 'bin', 'lastcall.js'), 'reconcile', log, '--state-dir', state, '--json'];
  const { stdout, ...ran } = timed(words, { ...process.env, LASTCALL_GRACE: '60s' });
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { found: number };
  rmSync(state, { recursive: true, force: true });
  return { ...ran, found: last.found };
}

function theirs(words: readonly string[], env: NodeJS.ProcessEnv): Ran {
  const { stdout, ...ran } = timed(words, env);
  return { ...ran, found: Number(/\d+/.exec(stdout)?.[0]) };
}

function timed(words: readonly string[], env: NodeJS.ProcessEnv): { wallMs: number; peakMB: number; stdout: string } {
  const hasTime = spawnSync('/usr/bin/time', ['--version']).status === 0;
  const [program = '', ...rest] = [...PINNED, ...(hasTime ? ['/usr/bin/time', '-f', '%M'] : []), ...words];
  const startedMs = performance.now();
  const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8', env, maxBuffer: OUTPUT_BYTES_MAX });
  const wallMs = performance.now() - startedMs;
  if (status !== 0) throw new Error(`${words[0]} ended with ${status}:\n${stderr.slice(-2_000)}`);
  const peakMB = hasTime ? Math.round(Number(stderr.trim().split('\n').at(-1)) / 1024) : Number.NaN;
  return { wallMs, peakMB, stdout };
}
