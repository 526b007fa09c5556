// The sum that has to fit into the grace: what runs before the signal, what the program waits for, what has to be kept for
// saving and closing, and the margin before the kill. The numbers are those of the lifecycle itself (lifecycle/core).
import {
  ANNOUNCE_CAP_DEFAULT_MS,
  marginMs,
  PERSIST_RESERVE_DEFAULT_MS,
  platformBudget,
  RELEASE_RESERVE_DEFAULT_MS,
} from '../../lifecycle/core/budget.ts';
import { seconds } from '../source/durations.ts';
import type { Program } from '../subjects/program.ts';
import { waitOf, type Wait } from './servers.ts';

export interface Sum {
  readonly graceMs: number;
  readonly neededMs: number;
  /** `preStop 15 s + gunicorn's default 30 s + margin 2 s = 47 s`. */
  readonly text: string;
  readonly wait: Wait | undefined;
}

/** Undefined if the grace, or what the program needs, is not known from the files. */
export function sumOf(program: Program): Sum | undefined {
  const graceMs = program.grace?.ms;
  if (graceMs === null || graceMs === undefined || !Number.isFinite(graceMs)) return undefined;
  const wait = waitOf(program);
  const requestMs = program.longestRequestMs;
  if (wait === undefined && requestMs === undefined) return undefined;
  const parts: [string, number][] = [];
  if (program.preStopMs > 0)
    parts.push([program.platform === 'nomad' ? 'shutdown_delay' : 'preStop', program.preStopMs]);
  // A server's own limit bounds its requests; without one the longest request decides.
  if (wait) parts.push([wait.what, wait.ms]);
  else parts.push(['longest request', requestMs!]);
  if (isLastcall(program) && !wait) {
    parts.unshift(['announce', ANNOUNCE_CAP_DEFAULT_MS]);
    parts.push(['persist', PERSIST_RESERVE_DEFAULT_MS], ['release', RELEASE_RESERVE_DEFAULT_MS]);
  }
  // A default is nobody's decision: only what certainly does not fit is said of it.
  if (!wait || wait.isExplicit) parts.push(['margin', platformMarginMs(program, graceMs)]);
  const neededMs = parts.reduce((sum, [, ms]) => sum + ms, 0);
  const terms = parts.map(([what, ms]) => `${what} ${seconds(ms)}`).join(' + ');
  const text = parts.length === 1 ? terms : `${terms} = ${seconds(neededMs)}`;
  return { graceMs, neededMs, text, wait };
}

/** What must stay free before the kill: 2 s in Kubernetes, 1 s or 2 % elsewhere. */
function platformMarginMs(program: Program, graceMs: number): number {
  if (program.platform !== 'kubernetes') return marginMs(graceMs);
  return graceMs - platformBudget({ kind: 'kubernetes', graceMs, preStopMs: 0 }).platformMs!;
}

/** The program runs under `lastcall run`, or is told its grace in the variables of the lifecycle. */
export function isLastcall(program: Program): boolean {
  const { launch, environment } = program;
  return (
    launch?.argv.some((word) => /(?:^|\/)lastcall$/.test(word)) === true ||
    environment.has('LASTCALL_GRACE') ||
    environment.has('LASTCALL_PRESTOP')
  );
}
