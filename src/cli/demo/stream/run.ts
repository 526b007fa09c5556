// `lastcall demo stream`: two runs of the flights pipeline at once, one left in peace and one interrupted again and again,
// and the proof that they end alike. The demo is a unit itself, and ends its children by its own stages.
import { existsSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LastcallError } from '../../../base/errors.ts';
import { unit } from '../../../lifecycle/index.ts';
import { lockDirectory } from '../../../store/index.ts';
import { asLastcallError, renderFailure } from '../../failure.ts';
import { Children } from './children.ts';
import { type Disturbance, placeOf, runDisturbed, runWords } from './disturbed.ts';
import { renderLossCurve } from './loss-curve.ts';
import { Outputs } from './outputs.ts';
import { planInterruptions } from './plan.ts';
import { RunScore } from './run-score.ts';
import { Scoreboard, type Score } from './scoreboard.ts';
import { hashState } from './state-hash.ts';
import { describeDisturbance, judge, type Verdict } from './verdict.ts';

export interface StreamDemoOptions {
  readonly records: number;
  readonly seed: number;
  readonly stateDir: string;
  /** A line that stays. */
  readonly say: (text: string) => void;
  readonly progress: (done: number, total: number, score: Score) => void;
  /** What was shown; not called if the demo is ended early. */
  readonly conclude: (verdict: Verdict) => void;
}

const PIPELINE = fileURLToPath(new URL('../../../../examples/flights/pipeline.ts', import.meta.url));
/** The disturbed run takes at least this long, so that there is time to hit it. */
const RUN_MS_MIN = 4_000;
/** Points of the loss curve, and places to which the score can go back. */
const CURVE_POINTS = 120;
/** Archives of a whole run: the newest three are kept, and one of them is needed. */
const ARCHIVES = 12;

/** Runs in a process of its own, and ends it. @returns the exit code: 0 only if all that was to be shown holds */
export async function runStreamDemo(options: StreamDemoOptions): Promise<number> {
  requireCheckout();
  const home = join(options.stateDir, 'demo');
  using _lock = lockDirectory(home, `demo of process ${process.pid}`);
  const work = join(home, 'work');
  const children = new Children(work);
  const demo = unit('demo-stream', { kind: 'demo', stateDir: options.stateDir, log: false });
  demo.onDrain('runs', (context) => children.end(context.signal));
  demo.onRelease('working files', () => remove(work));
  await demo.ready();
  try {
    // The lock is ours, so what lies there is of a demo that was killed.
    await remove(work);
    await mkdir(work, { recursive: true, mode: 0o700 });
    const verdict = await show(options, work, children, demo.stopRequested);
    options.conclude(verdict);
    return (await demo.complete(verdict.ok ? 0 : 1)).exitCode;
  } catch (error) {
    // Ended early, everything after that is a consequence; the work is not done, so it is not a success.
    if (demo.stopRequested.aborted) return (await demo.complete(1)).exitCode;
    options.say(renderFailure(asLastcallError(error), { json: false, debug: false }));
    return (await demo.fail(error)).exitCode;
  }
}

async function show(
  options: StreamDemoOptions,
  workDir: string,
  children: Children,
  signal: AbortSignal,
): Promise<Verdict> {
  const { records, seed, say } = options;
  const startedAtMs = performance.now();
  const environment = {
    FLIGHTS_RECORDS: String(records),
    FLIGHTS_ARCHIVE_EVERY: String(Math.max(1, Math.floor(records / ARCHIVES))),
  };
  const perSecond = String(Math.ceil((records * 1_000) / RUN_MS_MIN));
  const calm = placeOf(join(workDir, 'undisturbed'), PIPELINE, environment);
  const place = placeOf(join(workDir, 'disturbed'), PIPELINE, { ...environment, FLIGHTS_PER_SECOND: perSecond });
  const board = new Scoreboard(Math.max(1, Math.floor(records / CURVE_POINTS)));

  const undisturbed = children.start(runWords(calm), calm.environment);
  const disturbed = await runDisturbed({
    place,
    children,
    plan: planInterruptions(records, seed),
    seed,
    score: new RunScore(place.database, board),
    tell: (disturbance) => say(describeDisturbance(disturbance)),
    working: () => options.progress(board.records, records, board.score()),
    signal,
  });
  const { code } = await undisturbed.ended;
  signal.throwIfAborted();
  if (code !== 0) throw undisturbed.failure();
  const curve = saveCurve(options, board, disturbed.disturbances);
  return judge({
    seed,
    records,
    disturbed,
    audit: auditOf(place.database, records),
    state: hashState(place.database),
    undisturbedExitCode: code,
    undisturbedAudit: auditOf(calm.database, records),
    undisturbedState: hashState(calm.database),
    score: board.score(),
    leaked: children.alive,
    tookMs: performance.now() - startedAtMs,
    curve,
  });
}

function auditOf(database: string, records: number): ReturnType<Outputs['audit']> {
  const outputs = new Outputs(database);
  try {
    return outputs.audit(records);
  } finally {
    outputs.close();
  }
}

const LABELS: Readonly<Record<Disturbance['kind'], string>> = { term: 'SIGTERM', kill: 'SIGKILL', corrupt: 'damaged' };

function saveCurve(
  { stateDir, records, seed }: StreamDemoOptions,
  board: Scoreboard,
  disturbances: readonly Disturbance[],
): string {
  const marks = disturbances.map(({ kind, committedBefore }) => ({ records: committedBefore, label: LABELS[kind] }));
  const title = `Log loss of ${records.toLocaleString('en-US')} flights, each predicted before it was learnt (seed ${seed})`;
  const path = join(stateDir, 'demo', 'loss-curve.svg');
  writeFileSync(path, renderLossCurve(board.curve(), marks, title), { mode: 0o600 });
  return path;
}

function remove(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

/** The data is a package for development, and the pipeline an example: neither is part of what is published. */
function requireCheckout(): void {
  if (existsSync(PIPELINE)) return;
  throw new LastcallError('not_found', {
    what: 'the demo needs the repository, with its example pipeline and data',
    on: 'examples/flights/pipeline.ts',
    todo: 'Clone the repository and run `npm start` there.',
  });
}
