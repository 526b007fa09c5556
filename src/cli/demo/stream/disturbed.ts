// The disturbed run: started, interrupted where the plan says, verified and started again, until it comes to its end.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../../../base/random.ts';
import type { Child, Children } from './children.ts';
import { damageModel } from './damage.ts';
import type { Interruption } from './plan.ts';
import type { RunScore } from './run-score.ts';

export interface RunPlace {
  /** State directory of the run. */
  readonly stateDir: string;
  /** The pipeline's own directory in it, and its database. */
  readonly pipelineDir: string;
  readonly database: string;
  /** Module with the pipeline. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What became of one interruption. */
export interface Disturbance {
  readonly kind: Interruption['kind'];
  /** Outputs committed when the signal was sent, and when the next process was at work. */
  readonly committedBefore: number;
  readonly committedAfter: number;
  /** From the signal to the exit. */
  readonly exitMs: number;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Of the report; null where there was nobody to write one. */
  readonly returned: number | null;
  readonly outcome: string | null;
  /** Exit code of `lastcall verify`. */
  readonly verified: number | null;
  /** The archive that the next process fell back to, as its log says. */
  readonly fallback: string | null;
}

export interface DisturbedRun {
  readonly disturbances: readonly Disturbance[];
  /** Records that processes handed back, as their reports say. */
  readonly returned: number;
  /** Exit code of the last process, which came to the end of the source. */
  readonly exitCode: number | null;
}

export interface DisturbedOptions {
  readonly place: RunPlace;
  readonly children: Children;
  readonly plan: readonly Interruption[];
  readonly seed: number;
  readonly score: RunScore;
  readonly tell: (disturbance: Disturbance) => void;
  /** Called often, while the run works. */
  readonly working: () => void;
  /** The demo ends early. */
  readonly signal: AbortSignal;
}

const POLL_MS = 5;

/** @throws Error if a process fails where nothing was done to it, or the demo ends early */
export async function runDisturbed(options: DisturbedOptions): Promise<DisturbedRun> {
  const { children, place, score, plan, signal } = options;
  const random = new SeededRandom(options.seed);
  const disturbances: Disturbance[] = [];
  let child = await startRun(options);
  for (const interruption of plan) {
    // At least one commit after the start, so that a working process is hit.
    const atRecords = Math.max(interruption.atRecords, score.committed() + 1);
    if (!(await reached(atRecords, child, options))) break;
    await sleep(interruption.delayMs, undefined, { signal });
    const committedBefore = score.committed();
    // Only the pipeline's own connection is left, so that a clean ending folds its log into the database.
    score.close();
    const sentAtMs = performance.now();
    child.kill(interruption.kind === 'kill' ? 'SIGKILL' : 'SIGTERM');
    const { code, signal: endedBy, atMs } = await child.ended;
    const report = child.report();
    if (interruption.kind === 'corrupt') damageModel(place.database, random);
    const verified = await verify(children, place, interruption.kind === 'corrupt');
    child = await startRun(options);
    disturbances.push({
      kind: interruption.kind,
      committedBefore,
      committedAfter: score.committed(),
      exitMs: atMs - sentAtMs,
      exitCode: code,
      signal: endedBy,
      returned: report?.work.returned ?? null,
      outcome: report?.outcome ?? null,
      verified,
      fallback: fallbackOf(child),
    });
    options.tell(disturbances.at(-1)!);
  }
  await reached(Number.POSITIVE_INFINITY, child, options);
  const { code } = await child.ended;
  while (score.follow()) options.working();
  score.close();
  const returned = disturbances.reduce((sum, disturbance) => sum + (disturbance.returned ?? 0), 0);
  return { disturbances, returned, exitCode: code };
}

export function runWords(place: RunPlace): string[] {
  return ['stream', 'run', place.file, '--state-dir', place.stateDir, '--json'];
}

async function startRun({ children, place, score }: DisturbedOptions): Promise<Child> {
  const child = children.start(runWords(place), place.environment);
  await child.ready;
  score.open();
  return child;
}

function fallbackOf(child: Child): string | null {
  const restored = child.lines.find(({ event }) => event === 'restored');
  return restored === undefined ? null : String(restored['from']);
}

/** Waits until so many outputs are committed; false: the process ended before. Keeps the score meanwhile. */
async function reached(records: number, child: Child, { score, working, signal }: DisturbedOptions): Promise<boolean> {
  while (!child.hasEnded) {
    signal.throwIfAborted();
    if (score.committed() >= records) return true;
    if (!score.follow()) await sleep(POLL_MS);
    working();
  }
  return false;
}

async function verify(children: Children, place: RunPlace, isDamaged: boolean): Promise<number | null> {
  const words = ['verify', place.pipelineDir, '--json', ...(isDamaged ? ['--deep'] : [])];
  const { code } = await children.start(words).ended;
  return code;
}

export function placeOf(stateDir: string, file: string, environment: Readonly<Record<string, string>>): RunPlace {
  const pipelineDir = join(stateDir, 'pipelines', 'flights');
  return { stateDir, pipelineDir, database: join(pipelineDir, 'state.db'), file, environment };
}
