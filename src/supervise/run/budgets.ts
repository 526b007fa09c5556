// Budgets that do not add up are refused at the start, with the sum written out: at the end it would be too late. Only
// what somebody gave is held against them; defaults yield by themselves (lifecycle.md, "Budget").
import { type DurationInput, durationMs, formatMs } from '../../base/duration.ts';
import { LastcallError } from '../../base/errors.ts';
import {
  type Platform,
  platformBudget,
  PERSIST_RESERVE_DEFAULT_MS,
  RELEASE_RESERVE_DEFAULT_MS,
} from '../../lifecycle/core/budget.ts';
import { detectPlatform } from '../../lifecycle/platform.ts';
import { thisSurroundings } from '../../lifecycle/surroundings.ts';
import type { StopRule } from './supervised.ts';

export interface Budgets {
  readonly environment: NodeJS.ProcessEnv;
  readonly unit: { readonly grace?: DurationInput };
  readonly announceCapMs?: number | undefined;
  readonly drainCapMs?: number | undefined;
}

/** @throws LastcallError `usage` with the sum */
export function checkBudgets(budgets: Budgets, stop: StopRule): void {
  const { grace } = budgets.unit;
  if (grace === undefined) return;
  const graceMs = durationMs(grace, '--grace');
  checkPlatform(graceMs, budgets.environment);
  checkStages(graceMs, budgets);
  if (stop.then && stop.then.afterMs >= graceMs) {
    const what = `the second signal would come after ${formatMs(stop.then.afterMs)}, and all is over after ${formatMs(graceMs)}`;
    throw wrong(what, '--then', 'Give it earlier, or a longer --grace.');
  }
}

/** What the manifest says that the platform allows. Where it says nothing there is only an assumption, and no contradiction. */
function checkPlatform(graceMs: number, environment: NodeJS.ProcessEnv): void {
  if (!environment['LASTCALL_GRACE']) return;
  const platform = detectPlatform({ ...thisSurroundings(), environment });
  const { platformMs } = platformBudget(platform);
  if (platformMs === null || graceMs <= platformMs) return;
  const sum = allowance(platform, platformMs);
  throw wrong(
    `${formatMs(graceMs)} are more than the platform leaves: ${sum}`,
    '--grace',
    "Leave it out, or raise the platform's.",
  );
}

function allowance(platform: Platform, platformMs: number): string {
  if (platform.kind === 'none') return formatMs(platformMs);
  const allowedMs = platform.graceMs ?? 0;
  const preStopMs = platform.kind === 'kubernetes' ? platform.preStopMs : 0;
  const marginMs = allowedMs - preStopMs - platformMs;
  const preStop = preStopMs > 0 ? ` − ${formatMs(preStopMs)} preStop` : '';
  return `${formatMs(allowedMs)} of ${platform.kind}${preStop} − ${formatMs(marginMs)} margin = ${formatMs(platformMs)}`;
}

function checkStages(graceMs: number, { announceCapMs, drainCapMs }: Budgets): void {
  if (announceCapMs === undefined && drainCapMs === undefined) return;
  const parts: (readonly [string, number])[] = [
    ['announce', announceCapMs ?? 0],
    ['drain', drainCapMs ?? 0],
    ['persist', PERSIST_RESERVE_DEFAULT_MS],
    ['release', RELEASE_RESERVE_DEFAULT_MS],
  ];
  const counted = parts.filter(([, ms]) => ms > 0);
  const sumMs = counted.reduce((sum, [, ms]) => sum + ms, 0);
  if (sumMs <= graceMs) return;
  const written = counted.map(([name, ms]) => `${formatMs(ms)} ${name}`).join(' + ');
  const what = `the stages do not fit: ${written} = ${formatMs(sumMs)}, and --grace is ${formatMs(graceMs)}`;
  throw wrong(
    what,
    drainCapMs === undefined ? '--announce-cap' : '--drain-cap',
    'Shorten a stage, or give a longer --grace.',
  );
}

function wrong(what: string, on: string, todo: string): LastcallError {
  return new LastcallError('usage', { what, on, todo });
}
