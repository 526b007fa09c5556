// What the end of a job's processes means for the job. The first word counts: a cancelled job stays cancelled whatever its
// processes say, and an exit before the signal is the job's own end.
import type { Exit, Job, Run, StopReason } from './types.ts';

export type Verdict =
  | { readonly to: 'completed' | 'cancelled'; readonly reason: string | null; readonly exitCode: number | null }
  | { readonly to: 'failed'; readonly reason: string; readonly exitCode: number | null; readonly retry: boolean }
  /** `saved`: it said so itself (108). Otherwise it goes on from its last good checkpoint. */
  | { readonly to: 'queued'; readonly reason: string; readonly saved: boolean };

/** A program that has saved its state and asks to be run again. */
const PREEMPTED_CODE = 108;

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/** As a shell shows it; null where nobody knows. */
export function exitCodeOf(exit: Exit | null): number | null {
  if (!exit) return null;
  if (exit.signal !== null) return 128 + (SIGNAL_NUMBERS[exit.signal] ?? 0);
  return exit.code;
}

/** The member that failed first decides for all, whatever the others say to being asked to end because of it. */
export function decisiveExit(run: Run): Exit | null {
  const first = run.stop?.reason === 'member' ? run.members.find(({ name }) => name === run.stop!.by) : undefined;
  if (first) return first.exit;
  const mains = run.members.filter(({ role }) => role === 'main');
  const bad = mains.find(({ exit }) => exitCodeOf(exit) !== 0);
  return (bad ?? mains[0])!.exit;
}

export function verdictOf(job: Job, run: Run): Verdict {
  const exit = decisiveExit(run);
  const exitCode = exitCodeOf(exit);
  const reason = run.stop?.reason ?? null;
  if (reason !== null && AGAIN.has(reason) && endedWell(job, run)) {
    return { to: 'completed', reason: null, exitCode: 0 };
  }
  switch (reason) {
    case 'cancel':
    case 'force':
    case 'shutdown':
      return { to: 'cancelled', reason: `cancelled by ${run.stop!.by}`, exitCode };
    case 'lease':
      return { to: 'cancelled', reason: 'its client is gone', exitCode };
    case 'complete':
      return { to: 'completed', reason: `ended by ${run.stop!.by}`, exitCode };
    case 'timeout':
      return { to: 'failed', reason: 'it ran longer than its time limit', exitCode, retry: true };
    case 'not_ready':
      return { to: 'failed', reason: 'it was not ready in time', exitCode, retry: true };
    case 'preempt':
      return afterPreemption(run, exitCode);
    case 'member':
    case null:
      return byItself(job, run, exit, exitCode);
  }
}

/** Reasons after which a job may run again. */
const AGAIN: ReadonlySet<StopReason> = new Set(['preempt', 'timeout', 'not_ready', 'member']);

/** All of it had ended well by itself before anybody's signal reached it: its work is done, and is not done again. */
export function endedWell(job: Job, run: Run): boolean {
  if (run.stop?.signalled || job.spec.readiness !== null) return false;
  return run.members.every(({ role, exit }) => role !== 'main' || exitCodeOf(exit) === 0);
}

function byItself(job: Job, run: Run, exit: Exit | null, exitCode: number | null): Verdict {
  if (exitCode === null) return { to: 'failed', reason: 'lost: nobody knows how it ended', exitCode, retry: true };
  if (exitCode === 0 && run.stop !== null) {
    return { to: 'failed', reason: `${run.stop.by} ended before the job did`, exitCode, retry: true };
  }
  if (exitCode === 0) {
    const early = job.spec.readiness !== null && !run.complete;
    if (early) return { to: 'failed', reason: 'a service ended without having been asked to', exitCode, retry: true };
    return { to: 'completed', reason: null, exitCode };
  }
  // Programs use 100–110 for their own purposes, so only a report makes it ours.
  if (exitCode === PREEMPTED_CODE && exit?.reportCode === PREEMPTED_CODE) {
    return { to: 'queued', reason: 'it saved its state and asked to be run again', saved: true };
  }
  const how = exit?.signal != null ? `killed by ${exit.signal}` : `exit code ${exitCode}`;
  return { to: 'failed', reason: how, exitCode, retry: true };
}

/** Many programs exit 0 on TERM: that alone does not mean that they were done. */
function afterPreemption(run: Run, exitCode: number | null): Verdict {
  if (exitCode === 0 && run.complete) return { to: 'completed', reason: null, exitCode };
  if (exitCode === PREEMPTED_CODE) return { to: 'queued', reason: `preempted by ${run.stop!.by}`, saved: true };
  return { to: 'queued', reason: `preempted by ${run.stop!.by}; it did not say that it had saved`, saved: false };
}
