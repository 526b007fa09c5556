// The scheduler core: `step(state, event) → effects`, with the rows that changed marked in the state. Pure: time and
// randomness arrive in events, effects are data, and each effect may be carried out only after the rows of its step are
// durable (invariant 6). Placement is an event of its own, so that a batch of events is placed once.
import { cancel, close, preempt, renew, requeue, stopping, withRun } from './core/commands.ts';
import { tick } from './core/due.ts';
import type { SchedulerEffect, SchedulerEvent } from './core/events.ts';
import { submit, type Now } from './core/jobs.ts';
import { freeRoom, place } from './core/placement.ts';
import { takeCheck, takeForeign } from './core/pool-events.ts';
import { recover } from './core/recovery.ts';
import { applyToRun } from './core/run-events.ts';
import { startRun, stopRun } from './core/runs.ts';
import type { SchedulerState } from './core/state.ts';
import { victimsFor } from './core/victims.ts';

/** Moves the state on. Its changed rows are to be taken and committed before the effects are carried out. */
export function step(state: SchedulerState, event: SchedulerEvent): readonly SchedulerEffect[] {
  state.effects = [];
  apply(state, event);
  return state.effects;
}

/** When a `tick` is due; null = nothing is waited for. */
export function nextWakeMs(state: SchedulerState): number | null {
  return state.timers.nextAtMs;
}

function apply(state: SchedulerState, event: SchedulerEvent): void {
  const now: Now = event;
  switch (event.type) {
    case 'poolFound':
      return state.setPool(event.pool);
    case 'submitted':
      for (const job of event.jobs) submit(state, job, event.ended, now);
      return;
    case 'cancelled':
      return cancel(state, event, now);
    case 'preempted':
      return withRun(state, event.job, (run) => preempt(state, run, event.by, null, now));
    case 'noticed':
      state.open = false;
      for (const run of state.runs.values()) {
        const graceMs = Math.min(state.job(run.job).spec.graceMs, event.deadlineMs);
        preempt(state, run, event.provider, graceMs, now);
      }
      return;
    case 'requeued':
      return requeue(state, event.job, event.by, event.record, now);
    case 'completeAsked':
      return withRun(state, event.job, (run) => {
        if (run.phase === 'starting') return;
        stopping(state, run, now);
        stopRun(state, run, 'complete', event.by, null, now);
      });
    case 'leaseRenewed':
      return renew(state, event.job, now);
    case 'polled': {
      const job = state.jobs.get(event.job);
      if (job?.spec.interestMs != null) {
        job.interestUntilMs = now.atMs + job.spec.interestMs;
        state.placementDue ||= job.state === 'queued';
      }
      return;
    }
    case 'checked':
    case 'cleared':
      return takeCheck(
        state,
        event.resource,
        event.type === 'cleared' ? null : event.evidence,
        event.type === 'cleared',
        now,
      );
    case 'checkAsked':
      if (state.resources.get(event.resource)?.state === 'quarantined') {
        state.effects.push({ type: 'check', resource: event.resource });
      }
      return;
    case 'foreignSeen':
      return takeForeign(state, event.gpus, now);
    case 'recovered':
      return recover(state, event.findings, event.signalled, now);
    case 'opened':
      state.open = true;
      state.placementDue = true;
      return;
    case 'closing':
      return close(state, event, now);
    case 'place':
      return placeAll(state, now);
    case 'tick':
      return tick(state, now);
    default:
      return applyToRun(state, event, now);
  }
}

function placeAll(state: SchedulerState, now: Now): void {
  state.placementDue = false;
  if (!state.open) return;
  const { starts, head } = place(state, now.atMs);
  for (const start of starts) startRun(state, start, now);
  if (!head) {
    state.head = null;
    return;
  }
  const sinceMs = state.head?.job === head.job.id ? state.head.sinceMs : now.atMs;
  state.head = { job: head.job.id, sinceMs, untilMs: head.untilMs };
  const starvesAtMs = sinceMs + state.rules.starvingMs;
  if (head.untilMs === null && starvesAtMs > now.atMs) {
    state.timers.arm({ atMs: starvesAtMs, kind: 'starving', id: head.job.id });
  }
  for (const run of victimsFor(state, head.job, freeRoom(state))) {
    run.preemptedFor = head.job.id;
    preempt(state, run, head.job.id, null, now);
  }
}
