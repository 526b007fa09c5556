// Wrong schedulers, each with one mistake of the kind that the simulator is there to find. One that is not found says that
// a check has become blind.
import { step } from '../../../scheduler/core.ts';
import type { SchedulerEvent } from '../../../scheduler/core/events.ts';
import type { StepFunction } from './edge.ts';

/** The core, fed with something else than what happened. */
function misled(change: (event: SchedulerEvent) => SchedulerEvent): StepFunction {
  return (state, event) => step(state, change(event));
}

export const PLANTED_IN_SCHEDULER: Readonly<Record<string, StepFunction>> = {
  frees_unproven: misled((event) => (event.type === 'proved' ? { ...event, tree: 'proven', unproven: {} } : event)),
  trusts_first_look: misled((event) => (event.type === 'checked' ? { ...event, evidence: null } : event)),
  runs_beside: (state, event) => {
    const effects = step(state, event);
    for (const job of state.jobs.values()) if (job.state === 'queued') job.run = null;
    return effects;
  },
  acts_without_intent: (state, event) => {
    const effects = step(state, event);
    for (const effect of effects) if ('intent' in effect) state.intentDone(effect.intent);
    return effects;
  },
  repeats_work: misled((event) =>
    event.type === 'exited' && event.exit.code === 0 ? { ...event, exit: { ...event.exit, code: 1 } } : event,
  ),
  loses_requeued: (state, event) => {
    const effects = step(state, event);
    for (const job of state.jobs.values()) if (job.state === 'queued' && job.attempt > 0) state.queue.remove(job);
    return effects;
  },
  forgets_what_was_found: misled((event) => (event.type === 'recovered' ? { ...event, findings: {} } : event)),
  cancels_preempted: misled((event) =>
    event.type === 'preempted' ? { ...event, type: 'cancelled', graceMs: null, force: false } : event,
  ),
  forgets_quarantine: (state, event) => step(state, event).filter((effect) => effect.type !== 'check'),
};
