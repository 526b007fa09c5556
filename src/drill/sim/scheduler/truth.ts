// What really happened, and what must never: written down by the machine as it happens, whatever the scheduler believes.
// The numbers are those of the invariants in ARCHITECTURE.md.
import type { Exit, Job, Member, Run } from '../../../scheduler/core/types.ts';

export class Truth {
  readonly violations: string[] = [];
  readonly seen = new Set<string>();
  readonly #signals = new Map<string, number>();
  /** Resources that an operator called free without proof. */
  readonly #cleared = new Set<string>();
  /** Runs whose processes all ended well by themselves. */
  readonly #ownEnds = new Map<string, string>();
  readonly #finals = new Map<string, Job>();
  /** Jobs that somebody asked to end, or whose client is gone. */
  readonly asked = new Set<string>();
  /** Open or done intents that were ever durable. */
  readonly intents = new Set<string>();
  readonly submitted = new Set<string>();
  /** Services end well only when they are asked to. */
  readonly services = new Set<string>();

  violate(invariant: number, what: string): void {
    if (this.violations.length < 20) this.violations.push(`${invariant}: ${what}`);
  }

  cleared(resource: string): void {
    this.#cleared.add(resource);
  }

  /** A process of a run begins. @param isHeld whether a resource is in use by what is over @param living runs with processes */
  started(run: Run, member: Member, isHeld: (id: string) => boolean, living: ReadonlySet<string>): void {
    for (const id of [...member.gpus, ...Object.values(member.ports).map((port) => `port:${port}`)]) {
      if (isHeld(id) && !this.#cleared.has(id)) this.violate(5, `${run.id} was given ${id}, which was not free`);
      this.#cleared.delete(id);
    }
    for (const other of living) {
      if (other === run.id) continue;
      if (other.slice(0, other.lastIndexOf('/')) === run.job) this.violate(6, `${run.id} runs beside ${other}`);
    }
    const done = this.#ownEnds.get(run.job) ?? run.id;
    if (done !== run.id) this.violate(2, `${run.id} runs although ${done} has completed the job`);
    if (!this.intents.has(`${run.id}/spawn/${member.name}`)) this.violate(6, `${run.id} was started without an intent`);
  }

  exited(run: Run, member: Member, exit: Exit): void {
    if (member.role !== 'main' || exit.code !== 0 || this.#signals.has(run.id) || this.services.has(run.job)) return;
    const mains = run.members.filter(({ role }) => role === 'main').length;
    if (mains === 1) this.#ownEnds.set(run.job, run.id);
  }

  signalled(run: string): void {
    const count = (this.#signals.get(run) ?? 0) + 1;
    this.#signals.set(run, count);
    if (count > 1) this.violate(6, `${run} was signalled ${count} times`);
    if (!this.intents.has(`${run}/signal`)) this.violate(6, `${run} was signalled without an intent`);
  }

  /** A job as it was committed. */
  committed(job: Job): void {
    const before = this.#finals.get(job.id);
    if (before && before.state !== job.state) {
      this.violate(2, `${job.id} was ${before.state}, and is ${job.state} now`);
    }
    if (!['completed', 'failed', 'cancelled'].includes(job.state)) return;
    if (!before) this.seen.add(`job ${job.state}`);
    this.#finals.set(job.id, structuredClone(job));
    if (job.state === 'cancelled' && !this.asked.has(job.id) && job.exitCode !== 109) {
      this.violate(2, `${job.id} is cancelled, and nobody asked for that`);
    }
    if (job.state === 'completed' && !this.#ownEnds.has(job.id) && job.spec.replicas === 1) {
      this.violate(9, `${job.id} is completed, and no process of it ended well`);
    }
  }

  atTheEnd(jobs: ReadonlyMap<string, Job>): void {
    for (const id of this.submitted) {
      const job = jobs.get(id);
      if (!job) this.violate(2, `${id} was taken, and is not known any more`);
      else if (!this.#finals.has(id)) this.violate(4, `${id} is still ${job.state}: ${job.reason ?? ''}`);
    }
  }
}
