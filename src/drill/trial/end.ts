// From the first request to the last process: faults begin, the signal is sent at a moment at which work is in flight, the
// load goes on as a router would let it, and the end is waited for, but never past the deadline.
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../base/random.ts';
import { controlOf } from '../../lifecycle/control/index.ts';
import type { Fault } from '../faults/fault.ts';
import type { ToxicProxy } from '../faults/toxic-proxy.ts';
import type { Load } from '../load/load.ts';
import type { Plan } from '../plan.ts';
import { addressOf } from '../target/address.ts';
import { fillIn, type Place } from '../target/place.ts';
import type { Target } from '../target/target.ts';
import { type Probe, probeOnce } from '../watch/probe.ts';
import { type Possessions, possessionsOf } from './remains.ts';
import type { JobProgress } from './job.ts';
import type { Moment } from './moment.ts';

/** The signal comes up to so much later than asked, by the seed, so that trials hit different moments. */
const JITTER_MS = 250;
/** For a moment at which something is in flight. */
const MOMENT_MS_MAX = 2_000;
/** Load after the end: shows who still answers. */
const AFTER_END_MS = 50;
const LOOK_MS = 100;
const WARM_UP_MS_MAX = 10_000;
const WELL_MIN = 10;
const WELL_SHARE_MIN = 0.6;

interface Surroundings {
  readonly plan: Plan;
  readonly place: Place;
  readonly proxy: ToxicProxy | null;
  readonly faults: readonly Fault[];
  /** How far a job is; null for what is no job. */
  readonly job: (() => JobProgress) | null;
}

export class End {
  signalMs: number | null = null;
  second: { readonly name: string; readonly atMs: number; readonly afterMs: number } | null = null;
  passedDeadline = false;
  possessions: Possessions | null = null;
  /** Of a job, at the signal. */
  progress: JobProgress | null = null;
  readonly moments: Moment[] = [];
  readonly #around: Surroundings;
  readonly #load: Load;
  readonly #random: Random;
  #turnedAtMs: number | null = null;

  constructor(around: Surroundings, load: Load, random: Random) {
    this.#around = around;
    this.#load = load;
    this.#random = random;
  }

  note(what: string, atMs = performance.now()): void {
    this.moments.push({ atMs, what });
  }

  /** A readiness probe is over. The drill is the router: once it has noticed, nothing new is sent. */
  heard({ status, endMs }: Probe): void {
    if (this.signalMs === null || this.#turnedAtMs !== null || status === null || status < 400) return;
    this.#turnedAtMs = endMs;
    this.note(`readiness ${status}`, endMs);
    setTimeout(() => this.#load.pause(), this.#around.plan.expectations.noticeMs).unref();
  }

  async run(target: Target, abort: AbortSignal): Promise<void> {
    const { ending } = this.#around.plan;
    const begun: (() => void)[] = [];
    try {
      if (ending.when === 'start') await this.#duringStart(target, abort);
      else await this.#underLoad(target, abort, begun);
      if (target.end !== null || abort.aborted) return;
      if (ending.when === 'checkpoint') await this.#beginCheckpoint();
      this.#signal(target);
      await this.#untilEnd(target, abort);
    } finally {
      for (const endFault of begun) endFault();
      this.#load.pause();
    }
  }

  async #underLoad(target: Target, abort: AbortSignal, begun: (() => void)[]): Promise<void> {
    const { ending, faults } = this.#around.plan;
    this.#load.start();
    this.note('load begins');
    await pauseUntil(target, abort, ending.afterMs + this.#random.next() * JITTER_MS);
    // A machine that is busy with other things gets a little longer to show that the target works.
    await this.#until(() => target.end !== null || this.#hasShown(), WARM_UP_MS_MAX);
    if (target.end !== null) return;
    for (const [index, fault] of this.#around.faults.entries()) {
      begun.push(fault.begin(this.#faultPlace(target)));
      this.note(`fault ${faults.names[index]}`);
    }
    if (this.#around.faults.length > 0) await pauseUntil(target, abort, faults.leadMs);
    // Looking takes time, so it is done before the moment is chosen.
    this.possessions = possessionsOf(target);
    if (ending.when === 'idle') {
      this.#load.pause();
      await this.#until(() => this.#load.shortInFlight === 0);
    } else if (this.#around.job === null) await this.#until(() => this.#load.inFlight > 0);
    // What was sent in this turn of the loop is on its way now, and would be cut by the signal like everything else.
    await immediate();
    await immediate();
  }

  /** Anywhere in start-up, by the seed. */
  async #duringStart(target: Target, abort: AbortSignal): Promise<void> {
    await pauseUntil(target, abort, this.#random.next() * this.#around.plan.ending.afterMs);
    this.possessions = possessionsOf(target);
  }

  async #beginCheckpoint(): Promise<void> {
    const { target } = this.#around.plan;
    if (target.kind !== 'unit') return;
    const client = await controlOf(target.stateDir, target.name);
    client.checkpoint().catch(() => {}); // the signal may well cut the answer off
    await sleep(1 + this.#random.next() * 20);
  }

  #signal(target: Target): void {
    const { ending } = this.#around.plan;
    this.progress = this.#around.job?.() ?? null;
    target.signal(ending.signal, ending.to);
    this.signalMs = performance.now();
    this.note(ending.signal);
    const { second } = ending;
    if (second === null) return;
    setTimeout(() => {
      if (target.end !== null) return;
      target.signal(second.signal, ending.to);
      this.second = { name: second.signal, atMs: performance.now(), afterMs: second.afterMs };
      this.note(`${second.signal} again`);
    }, second.afterMs).unref();
  }

  async #untilEnd(target: Target, abort: AbortSignal): Promise<void> {
    const { deadlineMs } = this.#around.plan.expectations;
    const endAtMs = performance.now() + deadlineMs;
    const look = setInterval(() => target.processes(), LOOK_MS);
    await pauseUntil(target, abort, endAtMs - performance.now());
    clearInterval(look);
    if (target.end === null) {
      this.passedDeadline = !abort.aborted;
      this.note('deadline passed');
      if (target.owned) await target.destroy();
      return;
    }
    this.note('exit', target.end.atMs);
    await sleep(AFTER_END_MS);
    this.#load.pause();
    // What is in flight now belongs to survivors, or its connection is about to be seen closed.
    await this.#until(() => this.#load.inFlight === 0);
  }

  /** The load's floor (verdict/core/validity.ts), with a margin; or nothing ends well, and waiting would not help. */
  #hasShown(): boolean {
    if (this.#around.job !== null) return true;
    const short = this.#load.records.filter((it) => !it.longLived);
    if (short.length === 0) return this.#load.inFlight > 0;
    const over = short.filter((it) => it.end !== null);
    const well = over.filter((it) => it.end === 'answered' && (it.status ?? 500) < 400).length;
    const works = well >= WELL_MIN && well >= short.length * WELL_SHARE_MIN;
    return works || (well === 0 && over.length >= WELL_MIN);
  }

  async #until(holds: () => boolean, msMax = MOMENT_MS_MAX): Promise<void> {
    const endAtMs = performance.now() + msMax;
    while (!holds() && performance.now() < endAtMs) await sleep(1);
  }

  #faultPlace(target: Target): Parameters<Fault['begin']>[0] {
    const { plan, place, proxy } = this.#around;
    const address = addressOf(fillIn(plan.url, place.values), plan.mayLeaveThisMachine);
    return {
      target,
      proxy,
      directory: place.directory,
      blockPath: plan.faults.blockPath,
      forMs: plan.faults.forMs,
      ask: (path) => void probeOnce({ address, path }),
    };
  }
}

/** Settles after `ms`, or when the target ends, or when the drill is to end. */
async function pauseUntil(target: Target, abort: AbortSignal, ms: number): Promise<void> {
  const timer = new AbortController();
  const either = AbortSignal.any([abort, timer.signal]);
  await Promise.race([target.ended, sleep(Math.max(0, ms), undefined, { signal: either }).catch(() => {})]);
  timer.abort();
}
