// What `lastcall run` costs: its start, the way of a signal through it, and the time from the command's end to its own. Peers: the
// command alone, and tini, which passes signals on and reaps, and proves nothing.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install } from '../../scripts/services/install.ts';
import { findService } from '../../scripts/services/table.ts';
import { installPackage } from '../installed.ts';
import { quantile, summarise, type CaseResult } from '../measure.ts';
import type { Bench } from '../table.ts';

const CHILD = join(import.meta.dirname, 'child.ts');
const MS_MAX = 60_000;

interface Trial {
  /** From our signal to the command's handler. */
  readonly signalMs: number;
  /** From the command's last word to the end of what we started. */
  readonly endMs: number;
}

export const supervise: Bench = {
  about: 'lastcall run: start, signal, end, memory, beside the command alone and tini',
  async *run({ quick }) {
    const folder = mkdtempSync(join(tmpdir(), 'lastcall-bench-'));
    try {
      const own = installPackage(folder);
      const run = [process.execPath, join(own, 'bin', 'lastcall.js'), 'run', '--name', 'bench', '--'];
      const tini = await tiniWords();
      yield* endings(run, tini, quick ? 10 : 100, folder);
      yield start(run, quick ? 7 : 25, folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function tiniWords(): Promise<readonly string[]> {
  const { binaries } = await install(findService('tini'), (text) => process.stderr.write(`tini: ${text}\n`));
  return [join(binaries[0]!, 'tini'), '-s', '--'];
}

async function* endings(
  run: readonly string[],
  tini: readonly string[],
  rounds: number,
  folder: string,
): AsyncGenerator<CaseResult> {
  const trials: Record<'lastcall run' | 'tini' | 'alone', Trial[]> = { 'lastcall run': [], tini: [], alone: [] };
  for (let round = 0; round <= rounds; round++) {
    const own = await trial(run, folder);
    const small = await trial(tini, folder);
    const alone = await trial([], folder);
    if (round === 0) continue;
    trials['lastcall run'].push(own);
    trials.tini.push(small);
    trials.alone.push(alone);
  }
  for (const [name, of] of [
    ['signal to the command', (one: Trial) => one.signalMs],
    ['end of the command to our end', (one: Trial) => one.endMs],
  ] as const) {
    const own = trials['lastcall run'].map(of);
    for (const peer of ['alone', 'tini'] as const) {
      const options = { bench: 'supervise', case: name, unit: 'ms', rounds };
      const result = summarise('lastcall run', peer, own, trials[peer].map(of), options);
      yield { ...result, counts: { p99Ms: Number(quantile(own, 0.99).toFixed(2)) } };
    }
  }
}

/** One life of the command, ended by SIGTERM to what we started. @throws Error if it does not come to its end */
async function trial(wrapper: readonly string[], folder: string): Promise<Trial> {
  const [program, ...words] = [...wrapper, process.execPath, CHILD];
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, LASTCALL_STATE_DIR: join(folder, 'state'), LASTCALL_GRACE: '60s' },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), MS_MAX);
  let text = '';
  let sentAt = 0n;
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    if (sentAt !== 0n || !/^up \d+$/m.test(text)) return;
    sentAt = process.hrtime.bigint();
    child.kill('SIGTERM');
  });
  const endedAt = await new Promise<bigint>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve(process.hrtime.bigint()));
  });
  clearTimeout(timer);
  await new Promise<void>((resolve) => (child.stdout.closed ? resolve() : child.stdout.once('close', () => resolve())));
  const at = (word: string): bigint => BigInt(new RegExp(`^${word} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  if (at('got') === 0n || at('end') === 0n) throw new Error(`${program} did not bring its command to an end:\n${text}`);
  return { signalMs: Number(at('got') - sentAt) / 1e6, endMs: Number(endedAt - at('end')) / 1e6 };
}

function start(run: readonly string[], rounds: number, folder: string): CaseResult {
  const own: number[] = [];
  const bare: number[] = [];
  const peak: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const subject = timed([...run, 'true'], folder);
    const peer = timed([process.execPath, '-e', '0'], folder);
    if (round === 0) continue;
    own.push(subject.wallMs);
    bare.push(peer.wallMs);
    peak.push(subject.peakMB);
  }
  const options = { bench: 'supervise', case: 'run -- true, whole process', unit: 'ms', rounds };
  return {
    ...summarise('lastcall run -- true', 'node -e 0', own, bare, options),
    counts: { peakMB: quantile(peak, 0.5) },
  };
}

/** Peak memory of the largest process, as GNU time tells it; NaN where that is not installed. */
function timed(words: readonly string[], folder: string): { wallMs: number; peakMB: number } {
  const env = { ...process.env, LASTCALL_STATE_DIR: join(folder, 'state'), LASTCALL_GRACE: '60s' };
  const hasTime = spawnSync('/usr/bin/time', ['--version']).status === 0;
  const [program = '', ...rest] = hasTime ? ['/usr/bin/time', '-f', '%M', ...words] : words;
  const startedMs = performance.now();
  const { status, stderr } = spawnSync(program, rest, { encoding: 'utf8', env });
  const wallMs = performance.now() - startedMs;
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}:\n${stderr}`);
  return { wallMs, peakMB: hasTime ? Math.round(Number(stderr.trim().split('\n').at(-1)) / 1024) : Number.NaN };
}
