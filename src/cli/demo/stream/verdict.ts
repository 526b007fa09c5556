// What the demo has shown: the conditions that have to hold, and the table that says so.
import { formatMs } from '../../../base/duration.ts';
import { count, table } from '../../text.ts';
import type { DisturbedRun, Disturbance } from './disturbed.ts';
import type { Audit } from './outputs.ts';
import type { Score } from './scoreboard.ts';
import type { StateHash } from './state-hash.ts';

export interface Findings {
  readonly seed: number;
  readonly records: number;
  readonly disturbed: DisturbedRun;
  readonly audit: Audit;
  readonly state: StateHash;
  readonly undisturbedExitCode: number | null;
  readonly undisturbedAudit: Audit;
  readonly undisturbedState: StateHash;
  readonly score: Score;
  /** Children that are still there at the end. */
  readonly leaked: number;
  readonly tookMs: number;
  /** Path of the picture. */
  readonly curve: string;
}

/** One JSON object (contracts.md, "Result lines"), with more beside. */
export interface Verdict {
  readonly demo: 'stream';
  readonly seed: number;
  readonly records: number;
  readonly finished: number;
  readonly returned: number;
  readonly lost: number;
  readonly doubled: number;
  readonly leaked: number;
  readonly modelHash: string;
  readonly modelHashEqual: boolean;
  readonly stateHashEqual: boolean;
  readonly outputsEqual: boolean;
  readonly kills: number;
  readonly exitMsP50: number;
  readonly disturbances: readonly Disturbance[];
  readonly score: Score;
  readonly tookMs: number;
  readonly curve: string;
  /** Conditions that do not hold, as sentences. */
  readonly violations: readonly string[];
  readonly ok: boolean;
}

const KILLS = 3;
const STATE_REFUSED = 106;

export function judge(findings: Findings): Verdict {
  const { seed, records, audit, undisturbedAudit, state, undisturbedState, disturbed, score, leaked } = findings;
  const { disturbances } = disturbed;
  const asked = disturbances.filter(({ kind }) => kind !== 'kill').map(({ exitMs }) => exitMs);
  const violations = violationsOf(findings);
  return {
    demo: 'stream',
    seed,
    records,
    finished: audit.rows - audit.doubled - audit.foreign,
    returned: disturbed.returned,
    lost: audit.lost,
    doubled: audit.doubled,
    leaked,
    modelHash: state.model,
    modelHashEqual: state.model === undisturbedState.model,
    stateHashEqual: state.all === undisturbedState.all,
    outputsEqual: audit.sha256 === undisturbedAudit.sha256,
    kills: disturbances.filter(({ kind }) => kind === 'kill').length,
    exitMsP50: Math.round(median(asked)),
    disturbances,
    score,
    tookMs: Math.round(findings.tookMs),
    curve: findings.curve,
    violations,
    ok: violations.length === 0,
  };
}

function violationsOf({ disturbed, audit, state, ...rest }: Findings): string[] {
  const { undisturbedAudit, undisturbedState } = rest;
  const { disturbances } = disturbed;
  const of = (kind: Disturbance['kind']) => disturbances.filter((disturbance) => disturbance.kind === kind);
  const conditions: [boolean, string][] = [
    [audit.lost === 0, `${audit.lost} records have no output`],
    [audit.doubled === 0, `${audit.doubled} outputs are doubled`],
    [audit.foreign === 0, `${audit.foreign} outputs belong to no record`],
    [state.model === undisturbedState.model, 'the model is not that of the undisturbed run'],
    [state.all === undisturbedState.all, 'the state is not that of the undisturbed run'],
    [audit.sha256 === undisturbedAudit.sha256, 'the outputs are not those of the undisturbed run'],
    [undisturbedAudit.lost + undisturbedAudit.doubled === 0, 'the undisturbed run itself lost or doubled outputs'],
    [disturbed.exitCode === 0 && rest.undisturbedExitCode === 0, 'a run did not come to its end with exit code 0'],
    [of('kill').length === KILLS, `${of('kill').length} of ${KILLS} kills hit a working process`],
    [of('kill').every(({ signal }) => signal === 'SIGKILL'), 'a killed process had ended otherwise'],
    [of('term').length === 1 && of('corrupt').length === 1, 'a SIGTERM did not hit a working process'],
    [
      [...of('term'), ...of('corrupt')].every(({ exitCode }) => exitCode === 0),
      'a SIGTERM did not end with exit code 0',
    ],
    [disturbances.every(kept), 'committed outputs were gone after an interruption that takes none back'],
    [of('corrupt').every(({ verified }) => verified === STATE_REFUSED), 'verify did not find the damage'],
    [
      disturbances.every(({ kind, fallback }) => (kind === 'corrupt') === (fallback !== null)),
      'a damaged state was used, or a sound one was not',
    ],
    [disturbances.every(({ kind, verified }) => kind === 'corrupt' || verified === 0), 'verify refused a sound state'],
    [rest.leaked === 0, `${rest.leaked} processes are left`],
  ];
  return conditions.filter(([holds]) => !holds).map(([, sentence]) => sentence);
}

/** A fallback takes outputs back; nothing else may. */
function kept({ kind, committedBefore, committedAfter }: Disturbance): boolean {
  return kind === 'corrupt' || committedAfter >= committedBefore;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return 0;
  return (sorted[Math.floor(middle - 0.5)]! + sorted[Math.ceil(middle - 0.5)]!) / 2;
}

export function renderVerdict(verdict: Verdict): string {
  const { score, disturbances } = verdict;
  const rows = [
    ['records', count(verdict.records)],
    ['finished', count(verdict.finished)],
    ['returned', `${count(verdict.returned)} (handed back by a SIGTERM, and done by the next start)`],
    ['lost', count(verdict.lost)],
    ['doubled', count(verdict.doubled)],
    ['left processes', count(verdict.leaked)],
    ['model SHA-256', `${verdict.modelHash} ${verdict.modelHashEqual ? '= undisturbed run' : '≠ undisturbed run'}`],
    ['state, outputs', `${equality(verdict.stateHashEqual)}, ${equality(verdict.outputsEqual)}`],
    ['signal to exit', disturbances.map(({ kind, exitMs }) => `${NAMES[kind]} ${formatMs(exitMs)}`).join(', ')],
    ['log loss', `${score.logLoss.toFixed(4)} (running base rate ${score.baselineLogLoss.toFixed(4)})`],
    ['AUC', `${score.auc.toFixed(4)} ± ${score.aucErrorMax.toFixed(5)} (base rate 0.5)`],
    ['loss curve', verdict.curve],
    ['took', formatMs(verdict.tookMs)],
  ];
  const end = verdict.ok ? 'All of it holds.' : `Does not hold: ${verdict.violations.join('; ')}.`;
  return `${table(rows)}\n\n${end}`;
}

const NAMES: Readonly<Record<Disturbance['kind'], string>> = {
  term: 'SIGTERM',
  kill: 'SIGKILL',
  corrupt: 'SIGTERM',
};

function equality(isEqual: boolean): string {
  return isEqual ? 'equal to the undisturbed run' : 'NOT equal to the undisturbed run';
}

/** One interruption in words, for the moment when it has happened. */
export function describeDisturbance(disturbance: Disturbance): string {
  const { kind, committedBefore, committedAfter, exitMs, exitCode, returned, verified } = disturbance;
  const at = `at ${count(committedBefore).padStart(9)}  ${NAMES[kind]}`;
  if (kind === 'kill') {
    return `${at}  gone in ${formatMs(exitMs)}; state ${verified === 0 ? 'verified' : 'REFUSED'}, resumed at ${count(committedAfter)}`;
  }
  const drained = `drained and saved in ${formatMs(exitMs)} (exit ${exitCode}, ${count(returned ?? 0)} handed back)`;
  if (kind === 'term') {
    return `${at}  ${drained}; state ${verified === 0 ? 'verified' : 'REFUSED'}, resumed at ${count(committedAfter)}`;
  }
  const found = verified === STATE_REFUSED ? 'damage found' : 'DAMAGE NOT FOUND';
  return `${at}  ${drained}; then bits of the newest state flipped: ${found}, fell back to the archive at ${count(committedAfter)}`;
}
