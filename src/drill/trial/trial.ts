// One trial: start, load, faults, the signal while work is in flight, and everything that can be seen until nothing is
// left. Decides nothing; what it saw goes to the verdict as values.
import { randomBytes } from 'node:crypto';
import { SeededRandom } from '../../base/random.ts';
import { findFaults } from '../faults/table.ts';
import { ToxicProxy } from '../faults/toxic-proxy.ts';
import { Load } from '../load/load.ts';
import type { Plan } from '../plan.ts';
import { addressOf, probePlace } from '../target/address.ts';
import { fillIn, filesIn, makePlace, type Place } from '../target/place.ts';
import type { Target } from '../target/target.ts';
import type { Observation } from '../verdict/core/observation.ts';
import { account, missingInLog, readLedger } from '../watch/ledger.ts';
import { Prober } from '../watch/probe.ts';
import { StallWatch } from '../watch/stalls.ts';
import { End } from './end.ts';
import { launch } from './launch.ts';
import { finishes, isJob, type JobProgress, progressOf } from './job.ts';
import type { Moment } from './moment.ts';
import { becomesReady } from './ready.ts';
import { possessionsOf, remainsOf } from './remains.ts';

export interface Trial {
  readonly observation: Observation;
  /** In order; monotonic milliseconds. */
  readonly moments: readonly Moment[];
}

const LAST_WORDS_LENGTH = 300;
/** Work that is done again after a restart is done soon after it. */
const REDONE_MS = 500;

/** @throws LastcallError for what cannot be drilled; never leaves anything of its own behind */
export async function runTrial(plan: Plan, seed: number, abort: AbortSignal): Promise<Trial> {
  const { faults: wanted, target } = plan;
  const faults = findFaults(wanted.names, {
    isCommand: target.kind === 'command',
    hasUpstream: wanted.upstream !== null,
    hasBlockPath: wanted.blockPath !== null,
  });
  const proxy = wanted.upstream === null ? null : await ToxicProxy.listen(wanted.upstream);
  const place = await makePlace(proxy?.port ?? null);
  const stalls = new StallWatch();
  const mark = `drill${randomBytes(6).toString('hex')}`;
  const targets: Target[] = [];
  const start = async (note: (what: string) => void): Promise<Target> => {
    const started = await launch({ plan, place, faults, mark, note });
    targets.push(started);
    return started;
  };
  try {
    return await observe({ plan, seed, abort, place, mark, proxy, faults, stalls, start });
  } finally {
    stalls.stop();
    for (const one of targets) await one.destroy();
    await proxy?.close();
    place.remove();
  }
}

interface Stage {
  readonly plan: Plan;
  readonly seed: number;
  readonly abort: AbortSignal;
  readonly place: Place;
  readonly mark: string;
  readonly proxy: ToxicProxy | null;
  readonly faults: ReturnType<typeof findFaults>;
  readonly stalls: StallWatch;
  readonly start: (note: (what: string) => void) => Promise<Target>;
}

async function observe(stage: Stage): Promise<Trial> {
  const { plan, seed, abort, place, mark, stalls } = stage;
  const random = new SeededRandom(seed);
  const url = fillIn(plan.url, place.values);
  const mayLeave = plan.mayLeaveThisMachine;
  const address = addressOf(url, mayLeave);
  const job = isJob(plan) ? (): JobProgress => progressOf(plan, place) : null;
  const healthOf = (given: string) => probePlace(fillIn(given, place.values), url, mayLeave);
  const question = {
    place: healthOf(plan.ready ?? plan.load.path.replaceAll('{id}', 'probe')),
    isReadiness: plan.ready !== null,
    linesOnly: plan.ready === null && plan.load.line !== null,
    // A job that works is ready.
    works: job === null || plan.ready !== null ? null : () => job().done > 0,
    withinMs: plan.readyWithinMs,
  };
  const load = new Load({
    ...plan.load,
    address,
    shape: { ...plan.load, host: `${address.host}:${address.port}` },
    streams: { count: plan.load.streams, sse: plan.load.sse, ws: plan.load.ws, message: plan.load.wsMessage },
    mark,
    random,
  });
  const end = new End({ ...stage, job }, load, random);
  const readiness = plan.ready === null ? null : new Prober(healthOf(plan.ready), (probe) => end.heard(probe));
  const liveness = plan.live === null ? null : new Prober(healthOf(plan.live));
  const target = await stage.start((what) => end.note(what));
  end.note(target.owned ? 'started' : 'found');
  const isStart = plan.ending.when === 'start';
  const wasReady = isStart ? false : await becomesReady(target, question, abort);
  if (wasReady) end.note('ready');
  if (wasReady || isStart) {
    readiness?.start();
    liveness?.start();
    await end.run(target, abort);
  }
  readiness?.stop();
  liveness?.stop();
  const had = end.possessions ?? possessionsOf(target);
  const remains = await remainsOf(target, had, end.signalMs === null ? 0 : plan.settleMs);
  if (remains.goneAtMs !== null && end.signalMs !== null) end.note('nothing left', remains.goneAtMs);
  load.stop();
  const filesLeft = target.owned && end.signalMs !== null ? filesIn(place.temporary) : null;
  await target.outputEnded();
  const ended = target.end;
  const words = (target.output ?? []).slice(-3).join(' / ').slice(-LAST_WORDS_LENGTH);
  const replaced = end.signalMs === null || end.passedDeadline ? null : await target.isReplaced?.(plan.readyWithinMs);
  await target.destroy();
  const again = plan.restart && end.signalMs !== null ? await restart(stage, question) : null;
  const observation: Observation = {
    seed,
    when: plan.ending.when,
    signal: plan.ending.signal,
    signalMs: end.signalMs,
    secondSignal: end.second,
    end: ended ?? target.end,
    knowsExit: target.knowsExit,
    behindRouter: plan.target.kind === 'kubernetes',
    passedDeadline: end.passedDeadline,
    wasReady,
    rate: plan.load.rate,
    requests: load.records,
    unsent: load.unsent,
    readiness: readiness?.probes ?? null,
    liveness: liveness?.probes ?? null,
    processesLeft: remains.processes,
    portsLeft: remains.ports,
    filesLeft,
    gpuLeft: remains.gpu,
    logLost: target.output === null ? null : missingInLog(target.output, load.records, mark),
    ledger:
      plan.ledger === null
        ? null
        : account(readLedger(fillIn(plan.ledger, place.values)), load.records, mark, plan.expectedIds),
    job: end.progress,
    restarted: again?.ready ?? replaced ?? null,
    stallMs: Math.round(stalls.longestMs),
    lastWords: again?.ready === false ? again.words : words,
  };
  return { observation, moments: end.moments };
}

/** Starts it once more in the same place, gives it time to do again what it thinks was not done, and ends it. */
async function restart(
  stage: Stage,
  question: Parameters<typeof becomesReady>[1],
): Promise<{ ready: boolean; words: string }> {
  const target = await stage.start(() => {});
  const ready = await becomesReady(target, question, stage.abort);
  if (ready && isJob(stage.plan)) await finishes(target, stage.plan, stage.place);
  else if (ready) await new Promise((resolve) => setTimeout(resolve, REDONE_MS));
  const words = (target.output ?? []).slice(-3).join(' / ').slice(-LAST_WORDS_LENGTH);
  target.signal('SIGTERM', 'process');
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, stage.plan.settleMs);
  await Promise.race([target.ended, limit.promise]);
  clearTimeout(timer);
  await target.destroy();
  return { ready, words };
}
